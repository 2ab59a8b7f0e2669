// SPDX-License-Identifier: Apache-2.0
//
// One Subscription object's inside: its handlers, its bounded queues, and the rule that at most one
// event of each strand is handled at a time. When a strand's queue becomes non-empty a drain is
// posted; it handles a bounded batch and posts itself again if there is more.
//
// Ownership: shared by the Subscription, the fan-out table and a posted drain.
// Threads: Thread-safe; handlers run on the executor, without a lock.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "belfry/error.h"
#include "belfry/subscription.h"
#include "belfry/topic_filter.h"
#include "client-lib/src/callback_runner.h"
#include "client-lib/src/event_queue.h"
#include "client-lib/src/strand_set.h"
#include "common/mutex.h"

namespace belfry::client {

// Totals over all subscriptions of a client.
struct DeliveryCounts {
  std::atomic<uint64_t> delivered{0};
  std::atomic<uint64_t> dropped{0};
  std::atomic<uint64_t> replaced{0};
  std::atomic<uint64_t> gaps{0};
};

// What the fan-out table knows of a subscription; guarded by the table's mutex, touched by it
// alone.
struct FanoutSeat {
  uint32_t broker_id = 0;  // 0: not in the table
  size_t index = 0;
  // Which batch it was last matched in, and its place among those matched.
  uint64_t batch = 0;
  size_t group = 0;
  // It has been confirmed, in which session first: a break after that concerns it.
  bool confirmed = false;
  uint64_t since = 0;
};

class LocalSubscription : public std::enable_shared_from_this<LocalSubscription> {
 public:
  // Takes the subscription out of the fan-out table.
  using EndCall = std::function<void(const std::shared_ptr<LocalSubscription>&)>;
  // A handler threw; what it said.
  using ThrewCall = std::function<void(std::string_view what)>;

  LocalSubscription(TopicFilter filter, MessageHandler handler, SubscribeOptions options,
                    std::shared_ptr<CallbackRunner> runner, std::shared_ptr<DeliveryCounts> counts,
                    EndCall on_end, ThrewCall on_threw);

  const TopicFilter& filter() const { return filter_; }
  OverflowPolicy overflow() const { return overflow_; }
  FanoutSeat& seat() { return seat_; }

  // From the connection's side.
  void PushMessages(const std::shared_ptr<const DeliverBatch>& batch,
                    const std::vector<uint32_t>& indices);
  void PushGap(Gap gap);
  void Confirm();
  void Refuse(Error error);
  // The client is closed: falls silent, without waiting for a handler that runs.
  void Silence();

  // From the application's side.
  bool confirmed() const;
  bool WaitUntilConfirmed(std::chrono::milliseconds timeout);
  Error error() const;
  uint64_t dropped() const;
  size_t queued() const;
  // Falls silent, leaves the table, and waits for a handler that runs unless it was called from
  // one.
  void End();

 private:
  enum class Stage { kWaiting, kConfirmed, kRefused, kEnded };

  void PostDrains(const StrandSet::Posts& posts);
  void Drain(size_t strand);
  void Handle(QueuedEvent& event);
  // What waits is still handled, and then the refusal.
  void BecomeRefused(Error error, StrandSet::Posts* posts) BELFRY_REQUIRES(mutex_);
  void BecomeEnded() BELFRY_REQUIRES(mutex_);
  void LeaveTable() BELFRY_EXCLUDES(mutex_);
  // The handlers may hold what must go with the subscription, or the subscription itself.
  void DropHandlersIfEnded() BELFRY_EXCLUDES(mutex_);

  const TopicFilter filter_;
  const OverflowPolicy overflow_;
  const std::shared_ptr<CallbackRunner> runner_;
  const std::shared_ptr<DeliveryCounts> counts_;
  const ThrewCall on_threw_;
  // Only called by running drains, until there can be none.
  MessageHandler handler_;
  SubscribeOptions options_;
  FanoutSeat seat_;
  // Lets a batch that is being handled stop between two events.
  std::atomic<bool> silent_{false};

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  StrandSet strands_ BELFRY_GUARDED_BY(mutex_);
  Stage stage_ BELFRY_GUARDED_BY(mutex_) = Stage::kWaiting;
  Error error_ BELFRY_GUARDED_BY(mutex_);
  uint64_t dropped_ BELFRY_GUARDED_BY(mutex_) = 0;
  EndCall on_end_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::client
