// SPDX-License-Identifier: Apache-2.0
//
// How much memory this node may use, how much it does, and what must stop at which level: the
// broker sheds queues before the kernel ends it.
//
//     0 %          70 %                80 %                     90 %              100 % = limit
//     | calm       | queues are shed   | no new subscriptions,  | no publishes    |
//     |            | (Gap MEMORY)      | no new sessions        |                 |
//
// Two numbers make up what is used: the encoded records, charged and released as they come and go,
// because they can grow by gigabytes in a second; and everything else, observed now and then by
// whoever can see the whole process.
//
// Threads: Thread-safe. Ownership: outlives every record charged to it. Units: bytes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace belfry::core {

enum class MemoryLevel : uint8_t { kCalm, kShed, kRefuseSubscribers, kRefusePublishes };

class MemoryBudget {
 public:
  // As many as `io.threads` allows.
  static constexpr size_t kReactorsMax = 64;
  // So much may be charged on one thread before the others see it: a counter that every publish of
  // every reactor touches would cost more than what it counts.
  static constexpr size_t kGranularity = 64 << 10;

  // `limit` 0: none.
  explicit MemoryBudget(size_t limit, size_t granularity = kGranularity)
      : limit_(limit), granularity_(static_cast<int64_t>(granularity)) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  void Charge(size_t bytes) { Change(static_cast<int64_t>(bytes)); }
  void Release(size_t bytes) { Change(-static_cast<int64_t>(bytes)); }
  // What the process uses beside what is charged.
  void ObserveOther(size_t bytes) {
    other_.store(bytes, std::memory_order_relaxed);
    observations_.fetch_add(1, std::memory_order_release);
  }
  uint64_t observations() const { return observations_.load(std::memory_order_acquire); }

  size_t limit() const { return limit_; }
  size_t charged() const;
  size_t used() const { return charged() + other_.load(std::memory_order_relaxed); }
  MemoryLevel level() const;
  // How much is used beyond the level at which queues are shed.
  size_t excess() const;
  // How much a reactor has in its queues, told now and then.
  void TellQueued(size_t reactor, size_t bytes) {
    queued_[reactor].store(bytes, std::memory_order_relaxed);
  }
  // What a reactor with so much in its queues has to give up of what is too much: in proportion to
  // what all have.
  size_t PartOf(size_t queued, size_t too_much) const;

 private:
  // Threads share these by number; more threads than shards only contend a little.
  static constexpr size_t kShards = 16;
  struct alignas(64) Shard {
    std::atomic<int64_t> bytes{0};
  };

  void Change(int64_t bytes);

  const size_t limit_;
  const int64_t granularity_;
  std::array<Shard, kShards> shards_;
  alignas(64) std::atomic<int64_t> total_{0};
  std::atomic<size_t> other_{0};
  std::atomic<uint64_t> observations_{0};
  // By reactor, as told last.
  std::array<std::atomic<size_t>, kReactorsMax> queued_{};
};

}  // namespace belfry::core
