// SPDX-License-Identifier: Apache-2.0
#include "bench/load/tally.h"

#include <algorithm>

namespace belfry::bench {

void Tally::CountInEpoch(uint32_t publisher, uint32_t epoch) {
  std::atomic<uint64_t>& word = of_epoch_[publisher];
  const uint64_t both = word.load(std::memory_order_relaxed);
  const uint64_t seen = both >> kTakenBits;
  // What was written off and comes after all makes no room for what is new.
  if (epoch < seen) return;
  const uint64_t before = epoch == seen ? both & kTakenMask : 0;
  word.store(uint64_t{epoch} << kTakenBits | (before + 1), std::memory_order_relaxed);
}

void Tally::Take(std::string_view payload) {
  const auto stamp = ReadStamp(payload);
  if (!stamp || stamp->publisher >= taken_.size()) return;
  if (stamp->measured) {
    const Duration delay = clock_.Now() - stamp->due;
    delays_.Record(static_cast<uint64_t>(std::max<int64_t>(0, delay.count())));
    delivered_.store(delivered_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::atomic<uint64_t>& taken = taken_[stamp->publisher];
  taken.store(taken.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  CountInEpoch(stamp->publisher, stamp->epoch);
  if (!steps_.empty()) steps_[stamp->publisher]->Arrive(stamp->epoch);
}

}  // namespace belfry::bench
