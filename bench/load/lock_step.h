// SPDX-License-Identifier: Apache-2.0
//
// Lets a publisher wait until all subscribers have what it published. After a wait in vain it
// starts over: what arrives of earlier epochs does not count any more.
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
  // Something that was published in `epoch`.
  void Arrive(uint32_t epoch) {
    const MutexLock lock(mutex_);
    if (epoch == epoch_ && ++arrived_ == wanted_) changed_.notify_one();
  }

  // Until `total` of this epoch have arrived. False: `patience` is over.
  bool WaitFor(uint64_t total, Duration patience) {
    const Instant deadline = SystemClock().Now() + patience;
    MutexLock lock(mutex_);
    wanted_ = total;
    while (arrived_ < wanted_) {
      if (changed_.wait_until(lock, deadline) == std::cv_status::timeout) break;
    }
    return arrived_ >= wanted_;
  }

  // Before anything of `epoch` is published.
  void StartOver(uint32_t epoch) {
    const MutexLock lock(mutex_);
    epoch_ = epoch;
    arrived_ = wanted_ = 0;
  }

 private:
  Mutex mutex_;
  // On MutexLock, which it can wait on.
  std::condition_variable_any changed_;
  uint32_t epoch_ BELFRY_GUARDED_BY(mutex_) = 0;
  uint64_t arrived_ BELFRY_GUARDED_BY(mutex_) = 0;
  uint64_t wanted_ BELFRY_GUARDED_BY(mutex_) = 0;
};

}  // namespace belfry::bench
