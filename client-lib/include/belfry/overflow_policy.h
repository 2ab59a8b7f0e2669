// SPDX-License-Identifier: Apache-2.0
//
// What happens to a subscription that takes its messages more slowly than they come. It holds at
// both places where messages wait: in the broker's queue for this process (all of its subscriptions
// with one policy share one there), and in the subscription's own queue in this process.
//
// Threads: Immutable value.
#pragma once

namespace belfry {

enum class OverflowPolicy {
  // The oldest messages that wait are lost, and a Gap stands in their place.
  kDropOldest,
  // What comes is lost until half of the queue is free again, and a Gap stands in its place.
  kDropNewest,
  // Of each (topic, key) only the latest message waits: a newer one takes the place of the older,
  // at the end of the queue, and that is no loss. With too many keys, as kDropOldest.
  kConflate,
  // It ends with SLOW_SUBSCRIBER (SubscribeOptions::on_refused). If the broker's queue is the one
  // that is full, all of this client's subscriptions with kDisconnect end, and the broker ends the
  // session: the client connects anew, and the others go on behind a Gap.
  kDisconnect,
};

}  // namespace belfry
