// SPDX-License-Identifier: Apache-2.0
//
// What a lane does when its queue is full (design.md §9). Only kDropOldest is served so far; the
// others are refused with UNSUPPORTED_POLICY, never taken for something else.
//
// Threads: a value.
#pragma once

#include <cstdint>

namespace belfry::core {

// The same numbers as belfry.v1.OverflowPolicy.
enum class OverflowPolicy : uint8_t {
  kDropOldest = 0,
  kDropNewest = 1,
  kConflate = 2,
  kDisconnect = 3,
  // Of a newer release.
  kUnknown = 255,
};

}  // namespace belfry::core
