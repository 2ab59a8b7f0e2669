// SPDX-License-Identifier: Apache-2.0
//
// What one lane of a session was owed, and what of it its reader has, topic by topic: the facts
// that the lane's invariants are judged by. It judges nothing itself.
//
//     topic "chat"   m1 m2 m3 m4 m5 m6      in the order in which the lane was owed them
//                    ✓  ✓  ~  ^next         ✓ delivered, ~ passed over
//                             told = 2      of what follows, so many were told as lost
//
// Whoever watches a broker calls Owe for each message that the lane should get and, after asking
// the invariants, Deliver and Tell for each thing that came.
//
// Threads: Confined to the test.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/core/gap.h"
#include "broker/core/overflow_policy.h"

namespace belfry::sim {

struct Message {
  // From 1; unique.
  uint64_t id = 0;
  std::string_view topic{};
  std::string_view key{};
  // The publishing session, and the message's place among all of it.
  uint64_t publisher = 0;
  uint64_t sequence = 0;
  // What it costs in a queue, roughly.
  uint64_t cost = 0;
};

class LaneHistory {
 public:
  // `reconnected`: Gap{RECONNECT} must come before the first message.
  LaneHistory(core::OverflowPolicy policy, bool reconnected)
      : policy_(policy), reconnect_due_(reconnected) {}

  struct Owed {
    // 0: lost before it came here, and to be told.
    uint64_t id = 0;
    // The sum of costs up to and with this one.
    uint64_t cost_through = 0;
    // When, on a clock that stands still while nobody attends the session.
    int64_t since = 0;
    bool delivered = false;
    // DROP_NEWEST: the lane was seen to refuse it.
    bool refused = false;
    std::string key{};
  };
  struct Topic {
    std::vector<Owed> owed;
    size_t next = 0;
    uint64_t told = 0;
    // What stands before this index may be covered by a gap of unknown count.
    size_t loose = 0;
    // Evictions since the last overflow gap that this topic may have paid for.
    uint64_t evictable = 0;
    // CONFLATE: where the latest of each key stands.
    std::map<std::string, size_t, std::less<>> latest;

    size_t outstanding() const { return owed.size() - next; }
    // Of the first `count` messages of the topic.
    uint64_t CostOfFirst(size_t count) const {
      return count == 0 ? 0 : owed[count - 1].cost_through;
    }
  };
  using Topics = std::map<std::string, Topic, std::less<>>;

  // ---- what happens

  void Owe(const Message& message, int64_t since, bool refused);
  // Lost elsewhere: the lane will hear of it by a gap.
  void OweLost(std::string_view topic, uint64_t count);
  // Just before Owe: the lane evicted so many for that message. Notes which topics may have paid.
  void Evicted(uint64_t count);
  // Dropped in a way that any topic may have paid for.
  void DroppedAnywhere(uint64_t count) { free_evictions_ += count; }
  void Deliver(const Message& message);
  void Tell(const core::Gap& gap);

  // ---- what is known

  core::OverflowPolicy policy() const { return policy_; }
  bool conflates() const { return policy_ == core::OverflowPolicy::kConflate; }
  bool reconnect_due() const { return reconnect_due_; }
  const Topics& topics() const { return topics_; }
  const Topic* Find(std::string_view topic) const;
  // Where it stands among the owed of its topic: from `next` on, or, if it is not there, before.
  // owed.size(): nowhere.
  size_t IndexOf(const Topic& topic, uint64_t id) const;
  // The last sequence delivered of that publisher.
  uint64_t DeliveredThrough(uint64_t publisher) const;
  // How many of the topic's messages from `next` up to `index` must have been told as lost: all,
  // but with CONFLATE those that have a later value.
  uint64_t MustBeTold(const Topic& topic, size_t index) const;
  // Told as lost without a topic, and not used up by holes yet.
  uint64_t told_in_total() const { return told_in_total_; }
  uint64_t free_evictions() const { return free_evictions_; }
  // All that gaps told, ever, by those causes that Session::dropped counts.
  uint64_t told_dropped() const { return told_dropped_; }
  uint64_t outstanding() const;
  // The age of the oldest that still waits, at the most.
  int64_t OldestAge(int64_t now) const;

 private:
  const core::OverflowPolicy policy_;
  bool reconnect_due_;
  Topics topics_;
  std::map<uint64_t, uint64_t> delivered_through_;
  uint64_t told_in_total_ = 0;
  uint64_t told_dropped_ = 0;
  uint64_t pending_evictions_ = 0;
  uint64_t free_evictions_ = 0;
};

}  // namespace belfry::sim
