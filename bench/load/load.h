// SPDX-License-Identifier: Apache-2.0
//
// What a benchmark is to do: how many clients publish what to how many others, how fast and how
// long. Already checked by whoever read it from a command line.
//
// Threads: Immutable value. Units: in the types.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "common/clock.h"

namespace belfry::bench {

struct Load {
  enum class Kind { kFanout, kLatency };

  Kind kind = Kind::kFanout;
  uint32_t publishers = 1;
  uint32_t subscribers = 1;
  uint32_t topics = 1;
  uint64_t payload_bytes = 128;
  // Messages a second of all publishers together. Unset: fanout as fast as it goes, latency one at
  // a time.
  std::optional<uint64_t> rate;
  Duration measured = std::chrono::seconds(5);
  Duration warmup = std::chrono::seconds(1);
};

}  // namespace belfry::bench
