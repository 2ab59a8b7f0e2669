// SPDX-License-Identifier: Apache-2.0
//
// A live subscription; the object's life is the subscription's. Destroying it, or Unsubscribe, ends
// it: afterwards its handlers do not run any more and none is running (unless it is ended from
// inside one of the client's own callbacks, where waiting is impossible: then the one that runs
// finishes).
//
// It may outlive its Client; it is then dead. Do not destroy it under a lock that its handler
// takes.
// Threads: a Subscription object is Confined to its owner, its functions may run beside its
// handlers.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "belfry/error.h"
#include "belfry/export.h"
#include "belfry/message.h"
#include "belfry/overflow_policy.h"
#include "belfry/topic_filter.h"

namespace belfry {

namespace client {
class LocalSubscription;
}  // namespace client

using MessageHandler = std::function<void(const Message&)>;

// All of these run on the client's executor, in order with the messages, one at a time (but see
// `parallel`).
struct SubscribeOptions {
  // Messages were lost between the one before and the one after.
  std::function<void(const Gap&)> on_gap;
  // From here on, what any broker accepts reaches the handler or shows as a Gap. Called once,
  // before the first message. After a reconnect the library subscribes anew by itself and a Gap
  // tells of the break.
  std::function<void()> on_confirmed;
  // The subscription is dead: the broker will not have it, which may come after a reconnect, too;
  // or its handler was too slow for kDisconnect.
  std::function<void(const Error&)> on_refused;
  // Subscriptions that share a filter and a policy share one subscription at the broker.
  OverflowPolicy overflow = OverflowPolicy::kDropOldest;
  // How many handlers of this subscription may run at once, 1 to 1024: those of one topic still run
  // one at a time and in order; on_confirmed, on_refused and a Gap without topics alone; a Gap with
  // topics comes in parts, each in order with its topics. The executor must have as many threads
  // for it to help. The queue's bounds are divided by this number.
  int parallel = 1;
  // 0: the client's default.
  size_t queue_messages_max = 0;
  size_t queue_bytes_max = 0;
};

class BELFRY_API Subscription {
 public:
  // An empty one, to be assigned to.
  Subscription();
  explicit Subscription(std::shared_ptr<client::LocalSubscription> local);
  Subscription(Subscription&& other) noexcept;
  Subscription& operator=(Subscription&& other) noexcept;
  ~Subscription();

  const TopicFilter& filter() const;

  // True once the broker has confirmed it, for as long as it is neither refused nor ended.
  bool confirmed() const;
  // Waits for that. False: refused (see error()), ended, or the time is over.
  bool WaitUntilConfirmed(std::chrono::milliseconds timeout);
  // Why it was refused.
  Error error() const;

  // Messages that this process dropped because the handler was too slow; each is part of a Gap.
  uint64_t dropped() const;
  // Messages that wait for the handler.
  size_t queued() const;

  // Ends it. Again, or on an empty one: nothing.
  void Unsubscribe();

 private:
  std::shared_ptr<client::LocalSubscription> local_;
};

}  // namespace belfry
