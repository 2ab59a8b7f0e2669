// SPDX-License-Identifier: Apache-2.0
//
// A number that one thread raises and any thread reads: a plain add, without the cost of a locked
// instruction on the delivery path.
//
// Threads: Add is Confined to one thread; value is Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

namespace belfry::core {

class Counter {
 public:
  void Add(uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void Subtract(uint64_t by = 1) { Add(static_cast<uint64_t>(-static_cast<int64_t>(by))); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

// What one reactor's broker has done since it started, and what it holds now.
struct BrokerCounters {
  Counter messages_in;
  Counter publishes_refused;
  // For want of memory.
  Counter subscribers_refused;
  Counter messages_without_interest;
  Counter deliveries_out;
  Counter dropped;
  Counter conflated;
  // Dropped to keep the node within its memory; each is in `dropped`, too.
  Counter shed;
  Counter gaps_out;
  Counter spills;
  Counter sessions_resumed;
  Counter sessions_given_up;
  // Published to topics that the ledger did not track, for limits.topics.
  Counter messages_untracked;
  // Now. Parked ones are among the sessions.
  Counter sessions;
  Counter sessions_parked;
  Counter subscriptions;
};

}  // namespace belfry::core
