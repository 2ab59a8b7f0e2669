// SPDX-License-Identifier: Apache-2.0
#include "bench/load/tally.h"

#include <algorithm>

namespace belfry::bench {

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
  if (!steps_.empty()) steps_[stamp->publisher]->Arrive();
}

}  // namespace belfry::bench
