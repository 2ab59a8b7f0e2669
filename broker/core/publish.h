// SPDX-License-Identifier: Apache-2.0
//
// The outcome of a publish (design.md §2.3), and the outcomes of a session's publishes gathered
// during a turn: success is told by one cumulative number, only exceptions and those asked for
// stand alone.
//
// Threads: values.
#pragma once

#include <cstdint>
#include <vector>

#include "common/error_code.h"

namespace belfry::core {

struct PublishOutcome {
  uint64_t sequence = 0;
  // kNone: taken in and handed to every queue concerned. Otherwise certainly not there.
  ErrorCode error = ErrorCode::kNone;
  uint32_t subscribers = 0;
  uint32_t nodes = 0;

  bool ok() const { return error == ErrorCode::kNone; }
};

struct PublishResults {
  // Every sequence up to here without an outcome of its own is OK. 0: none yet.
  uint64_t ok_through = 0;
  std::vector<PublishOutcome> outcomes;
};

}  // namespace belfry::core
