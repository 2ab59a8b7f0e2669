// SPDX-License-Identifier: Apache-2.0
//
// The average rate of a counter over the last 10 seconds, from observations of its total: about one
// a second is kept, so a meter costs some 200 bytes and nothing where the counter is counted.
//
// The average runs from the newest observation that is at least 10 s old (from the first one, while
// there is none so old) to now; observed every second, it covers 10 to 11 s.
//
// Threads: Confined to its owner. Units: events per second. Totals never go back (CHECK).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/clock.h"

namespace belfry::observability {

class RateMeter {
 public:
  static constexpr Duration kWindow = std::chrono::seconds(10);

  // Counts from here: `total` is the counter now.
  explicit RateMeter(const Clock& clock, uint64_t total = 0);

  // To be called about once a second; more often does no harm.
  void Observe(uint64_t total);

  double PerSecond(uint64_t total) const;

 private:
  struct Observation {
    Instant at;
    uint64_t total;
  };
  // A little under a second, so that a timer of one second that comes early is not skipped.
  static constexpr Duration kSpacing = std::chrono::milliseconds(900);
  // What kSpacing can put into the window, one older than it, and one to spare.
  static constexpr size_t kKept = 14;

  const Observation& Newest() const { return kept_[(first_ + count_ - 1) % kKept]; }
  const Observation& Baseline(Instant now) const;

  const Clock& clock_;
  std::array<Observation, kKept> kept_;  // a ring: the oldest at first_
  size_t first_ = 0;
  size_t count_ = 1;
};

}  // namespace belfry::observability
