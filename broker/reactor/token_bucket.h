// SPDX-License-Identifier: Apache-2.0
//
// The usual token bucket: `burst` at once, `per_second` in the long run. A rate of zero means no
// limit.
//
// Threads: Confined to its owner. Time is handed in. Fails: never.
#pragma once

#include <algorithm>
#include <chrono>

#include "common/clock.h"

namespace belfry::reactor {

class TokenBucket {
 public:
  TokenBucket(double per_second, double burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  bool Take(Instant now) {
    if (per_second_ <= 0) return true;
    Refill(now);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }
  // Gives one back, up to the burst.
  void Return() { tokens_ = std::min(burst_, tokens_ + 1); }
  // How long until Take succeeds.
  Duration Wait(Instant now) {
    if (per_second_ <= 0) return Duration(0);
    Refill(now);
    if (tokens_ >= 1) return Duration(0);
    return Duration(static_cast<int64_t>((1 - tokens_) / per_second_ * 1e9) + 1);
  }

 private:
  void Refill(Instant now) {
    if (now <= filled_at_) return;
    if (started_) {
      const double seconds = std::chrono::duration<double>(now - filled_at_).count();
      tokens_ = std::min(burst_, tokens_ + seconds * per_second_);
    }
    started_ = true;
    filled_at_ = now;
  }

  double per_second_;
  double burst_;
  double tokens_;
  bool started_ = false;
  Instant filled_at_;
};

}  // namespace belfry::reactor
