// SPDX-License-Identifier: Apache-2.0
//
// Whether a filter matches a topic, said in the shortest way: the model's own opinion, independent
// of common/topic.
//
// Threads: Thread-safe, pure.
#pragma once

#include <string_view>

#include "common/topic/filter.h"

namespace belfry::sim {

bool NaiveMatches(FilterView filter, std::string_view topic);

}  // namespace belfry::sim
