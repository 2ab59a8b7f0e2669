// SPDX-License-Identifier: Apache-2.0
//
// The broker's side of subscriptions: which this client wants, and how far the current session
// knows of it. After a break everything is told anew, in frames of thousands.
//
//   Add -> unsent -> (NextFrame) sent -> (OnResult) confirmed
//   Remove -> unsent removal -> (NextFrame) unanswered -> (OnResult REMOVED) gone
//
// Threads: Confined to the holder of ClientCore's mutex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "belfry/overflow_policy.h"
#include "belfry/topic_filter.h"
#include "belfry/v1/broker.pb.h"
#include "client-lib/src/transport.h"

namespace belfry::client {

class SubscriptionLedger {
 public:
  // Ids are the caller's and never used twice.
  void Add(uint32_t id, TopicFilter filter, OverflowPolicy overflow = OverflowPolicy::kDropOldest);
  void Remove(uint32_t id);
  void Clear();

  // True if the result is news about a subscription that is still wanted. A refused one is
  // forgotten.
  bool OnResult(const v1::SubscribeResult& result);
  // Nothing of what was told before counts.
  void OnNewSession();
  // What was answered counts; the rest is told again, which is harmless.
  void OnResumedSession();

  bool HasWork() const { return !unsent_.empty() || !unsent_removals_.empty(); }
  // A SubscribeBatch or an UnsubscribeBatch of at most about `frame_bytes_max`.
  std::optional<OutFrame> NextFrame(size_t frame_bytes_max);

  size_t size() const { return wanted_.size(); }
  // What waits to be told, with what it remembers in vain.
  size_t queued() const { return unsent_.size() + unsent_removals_.size(); }

 private:
  // kAgain: sent before a break, and since the resume neither answered nor sent again.
  enum class Stage : uint8_t { kUnsent, kAgain, kSent, kConfirmed };
  struct Wanted {
    TopicFilter filter;
    OverflowPolicy overflow = OverflowPolicy::kDropOldest;
    Stage stage = Stage::kUnsent;

    bool to_be_sent() const { return stage == Stage::kUnsent || stage == Stage::kAgain; }
  };

  OutFrame NextRemovals(size_t frame_bytes_max);
  // Empty if all that was queued has been removed since.
  std::optional<OutFrame> NextSubscribes(size_t frame_bytes_max);
  // Queues what is to be sent.
  void QueueAll();
  // Without this, subscriptions that come and go while nothing is written would pile up.
  void CompactUnsent();

  std::unordered_map<uint32_t, Wanted> wanted_;
  // In the order of ids; holds `unsent_stale_` that were removed or answered since, never much more
  // than half.
  std::deque<uint32_t> unsent_;
  size_t unsent_stale_ = 0;
  std::deque<uint32_t> unsent_removals_;
  std::unordered_set<uint32_t> unanswered_removals_;
};

}  // namespace belfry::client
