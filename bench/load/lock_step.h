// SPDX-License-Identifier: Apache-2.0
//
// Lets a publisher wait until all subscribers have what it published.
//
// Threads: Thread-safe: one publisher waits, any subscriber arrives.
#pragma once

#include <condition_variable>
#include <cstdint>

#include "common/clock.h"
#include "common/mutex.h"

namespace belfry::bench {

class LockStep {
 public:
  void Arrive() {
    const MutexLock lock(mutex_);
    if (++arrived_ == wanted_) changed_.notify_one();
  }

  // Until `total` have arrived since the beginning. False: `patience` is over; what comes later
  // counts for later waits.
  bool WaitFor(uint64_t total, Duration patience) {
    const Instant deadline = SystemClock().Now() + patience;
    MutexLock lock(mutex_);
    wanted_ = total;
    while (arrived_ < wanted_) {
      if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) break;
    }
    return arrived_ >= wanted_;
  }

  uint64_t Arrived() {
    const MutexLock lock(mutex_);
    return arrived_;
  }

 private:
  Mutex mutex_;
  // On MutexLock, which it can wait on.
  std::condition_variable_any changed_;
  uint64_t arrived_ BELFRY_GUARDED_BY(mutex_) = 0;
  uint64_t wanted_ BELFRY_GUARDED_BY(mutex_) = 0;
};

}  // namespace belfry::bench
