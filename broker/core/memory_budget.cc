// SPDX-License-Identifier: Apache-2.0
#include "broker/core/memory_budget.h"

namespace belfry::core {
namespace {

// Of the limit, in percent. Queues go first, because what is in them can be announced as lost;
// then whoever would add to the load is refused; publishers last.
constexpr size_t kShedPercent = 70;
constexpr size_t kRefuseSubscribersPercent = 80;
constexpr size_t kRefusePublishesPercent = 90;

size_t ShardOfThisThread() {
  static std::atomic<size_t> threads{0};
  thread_local const size_t shard = threads.fetch_add(1, std::memory_order_relaxed);
  return shard;
}

}  // namespace

void MemoryBudget::Change(int64_t bytes) {
  std::atomic<int64_t>& shard = shards_[ShardOfThisThread() % kShards].bytes;
  const int64_t now = shard.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (now < granularity_ && now > -granularity_) return;
  total_.fetch_add(shard.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
}

size_t MemoryBudget::charged() const {
  const int64_t total = total_.load(std::memory_order_relaxed);
  // Releases may be seen before the charges they belong to.
  return total > 0 ? static_cast<size_t>(total) : 0;
}

size_t MemoryBudget::excess() const {
  if (limit_ == 0) return 0;
  const size_t begin = limit_ / 100 * kShedPercent;
  return used() > begin ? used() - begin : 0;
}

size_t MemoryBudget::PartOf(size_t queued, size_t too_much) const {
  size_t all = 0;
  for (const auto& of_reactor : queued_) all += of_reactor.load(std::memory_order_relaxed);
  if (all == 0) return 0;
  return static_cast<size_t>(static_cast<double>(too_much) * static_cast<double>(queued) /
                             static_cast<double>(all));
}

MemoryLevel MemoryBudget::level() const {
  if (limit_ == 0) return MemoryLevel::kCalm;
  const size_t percent = used() / (limit_ / 100 + 1);
  if (percent >= kRefusePublishesPercent) return MemoryLevel::kRefusePublishes;
  if (percent >= kRefuseSubscribersPercent) return MemoryLevel::kRefuseSubscribers;
  return percent >= kShedPercent ? MemoryLevel::kShed : MemoryLevel::kCalm;
}

}  // namespace belfry::core
