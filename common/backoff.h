// SPDX-License-Identifier: Apache-2.0
//
// How long to wait before the next try: base × 2ⁿ up to a ceiling, with full jitter (a uniform draw
// from zero to that), so that a herd of clients spreads out. Source of the rule: "Exponential
// Backoff And Jitter", AWS Architecture Blog, 2015; the bounds are design.md's §10 (50 ms to 5 s).
//
// Threads: Confined to its owner. Units: Duration.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

#include "common/clock.h"

namespace belfry {

class Backoff {
 public:
  struct Bounds {
    Duration base = std::chrono::milliseconds(50);
    Duration ceiling = std::chrono::seconds(5);
  };

  explicit Backoff(uint64_t seed) : Backoff(seed, Bounds{}) {}
  Backoff(uint64_t seed, Bounds bounds) : bounds_(bounds), random_(seed) {}

  // The wait before the next try; each call makes the following one up to twice as long.
  Duration Next() {
    const Duration limit = Limit();
    if (tries_ < 62) ++tries_;
    return Duration(std::uniform_int_distribution<int64_t>(0, limit.count())(random_));
  }
  // The longest wait that Next() could return now.
  Duration Limit() const {
    const int64_t base = bounds_.base.count();
    const int64_t ceiling = bounds_.ceiling.count();
    if (tries_ >= 32 || base > (ceiling >> tries_)) return bounds_.ceiling;
    return Duration(base << tries_);
  }
  // After a success.
  void Reset() { tries_ = 0; }

 private:
  Bounds bounds_;
  int tries_ = 0;
  std::mt19937_64 random_;
};

}  // namespace belfry
