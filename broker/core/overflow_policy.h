// SPDX-License-Identifier: Apache-2.0
//
// What a lane does when its queue is full (design.md §9).
//
// Threads: a value.
#pragma once

#include <cstddef>
#include <cstdint>

namespace belfry::core {

// The same numbers as belfry.v1.OverflowPolicy.
enum class OverflowPolicy : uint8_t {
  // The oldest messages of the topic that fills the lane most are lost, and a Gap says so.
  kDropOldest = 0,
  // What comes is lost until half the lane is free again, and a Gap says so.
  kDropNewest = 1,
  // Of each (topic, key) only the latest message is kept; then as kDropOldest.
  kConflate = 2,
  // The session ends with SLOW_SUBSCRIBER.
  kDisconnect = 3,
  // Of a newer release: refused.
  kUnknown = 255,
};

inline constexpr size_t kOverflowPolicies = 4;

}  // namespace belfry::core
