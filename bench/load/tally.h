// SPDX-License-Identifier: Apache-2.0
//
// What one subscriber of a benchmark counts: how much came, from whom, and how late.
//
// Threads: Take and NoteGap are Confined to whatever hands the messages over, one call at a time;
// Delivered, Taken and TakenOf are Thread-safe; delays and gaps are for afterwards.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "bench/load/histogram.h"
#include "bench/load/lock_step.h"
#include "bench/load/plan.h"

namespace belfry::bench {

class Tally {
 public:
  // `steps` has one for each publisher if they wait for each delivery, and is empty otherwise.
  Tally(const Plan& plan, const std::vector<std::unique_ptr<LockStep>>& steps)
      : steps_(steps), taken_(plan.load().publishers), of_epoch_(plan.load().publishers) {}

  // A message came; what has no stamp of this run is not counted.
  void Take(std::string_view payload);
  // The other side said that messages were lost.
  void NoteGap() { ++gaps_; }

  // Measured messages that came.
  uint64_t Delivered() const { return delivered_.load(std::memory_order_relaxed); }
  // All messages of one publisher that came, warm-up included.
  uint64_t Taken(uint32_t publisher) const {
    return taken_[publisher].load(std::memory_order_relaxed);
  }
  // Those of them that it published in `epoch`; 0 if messages of a later one came.
  uint64_t TakenOf(uint32_t publisher, uint32_t epoch) const {
    const uint64_t both = of_epoch_[publisher].load(std::memory_order_relaxed);
    return both >> kTakenBits == epoch ? both & kTakenMask : 0;
  }
  uint64_t gaps() const { return gaps_; }
  const Histogram& delays() const { return delays_; }

 private:
  static constexpr int kTakenBits = 40;
  static constexpr uint64_t kTakenMask = (uint64_t{1} << kTakenBits) - 1;

  void CountInEpoch(uint32_t publisher, uint32_t epoch);

  const std::vector<std::unique_ptr<LockStep>>& steps_;
  const SystemClock clock_;
  Histogram delays_;
  uint64_t gaps_ = 0;
  // Written by Take alone, read by others: no read-modify-write is needed.
  std::atomic<uint64_t> delivered_{0};
  std::vector<std::atomic<uint64_t>> taken_;
  // Of each publisher the latest epoch seen and how much of it was taken, in one word, so that they
  // are read together. 24 bits of epoch are enough for a month of nothing but stalls.
  std::vector<std::atomic<uint64_t>> of_epoch_;
};

using Tallies = std::vector<std::unique_ptr<Tally>>;

}  // namespace belfry::bench
