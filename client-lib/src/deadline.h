// SPDX-License-Identifier: Apache-2.0
//
// An instant some time from now, for timeouts that an application gives in milliseconds: "for ever"
// is often written as the largest number there is, which does not fit into nanoseconds.
//
// Threads: Thread-safe, pure functions. Past either end they stay at it: Instant::max() is never.
#pragma once

#include <chrono>

#include "common/clock.h"

namespace belfry::client {

constexpr Duration ToDuration(std::chrono::milliseconds time) {
  constexpr auto kMost = std::chrono::duration_cast<std::chrono::milliseconds>(Duration::max());
  if (time > kMost) return Duration::max();
  if (time < -kMost) return -Duration::max();
  return time;
}

// A timeout of less than nothing is over now.
constexpr Instant DeadlineAfter(Instant now, Duration timeout) {
  if (timeout <= Duration::zero()) return now;
  // Before the clock's zero every sum fits.
  const Duration passed = now.time_since_epoch();
  if (passed > Duration::zero() && timeout > Duration::max() - passed) return Instant::max();
  return now + timeout;
}
constexpr Instant DeadlineAfter(Instant now, std::chrono::milliseconds timeout) {
  return DeadlineAfter(now, ToDuration(timeout));
}

}  // namespace belfry::client
