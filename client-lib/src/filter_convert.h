// SPDX-License-Identifier: Apache-2.0
//
// The public filter as the house's own.
// Threads: Thread-safe, pure functions.
#pragma once

#include "belfry/topic_filter.h"
#include "common/topic/filter.h"

namespace belfry::client {

inline FilterView ViewOf(const TopicFilter& filter) {
  switch (filter.kind) {
    case TopicFilter::Kind::kLiteral:
      return {FilterKind::kLiteral, filter.text};
    case TopicFilter::Kind::kWildcard:
      return {FilterKind::kWildcard, filter.text};
    case TopicFilter::Kind::kGlob:
      return {FilterKind::kGlob, filter.text};
  }
  return {FilterKind::kLiteral, filter.text};
}

}  // namespace belfry::client
