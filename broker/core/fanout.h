// SPDX-License-Identifier: Apache-2.0
//
// The last step of a message on its reactor: from a record to the lanes of the sessions that match.
//
//     index: filter → list → subscription → subscription → …   (one of each lane with that filter)
//                                 ↓ twins
//                            subscription → …                  (of the same lane, with the same
//                            filter)
//
// A record may have been under way to this reactor, for the sake of others, when a subscription is
// made. It is not for that one: what was published behind it was perhaps not routed here any more,
// and would be missing in silence. So a subscription gets records that were matched when the
// interest table knew it, and each publisher's from then on without a hole.
//
// Threads: Confined to its reactor. Ownership: links subscriptions, owns none.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>

#include "broker/core/destination.h"
#include "broker/core/subscription.h"
#include "common/clock.h"
#include "common/topic/filter_index.h"

namespace belfry::core {

// All subscriptions of a reactor with one filter. One pointer, for there may be a million lists.
struct SubscriptionList {
  Subscription* first = nullptr;
};

class Fanout {
 public:
  // `since`: the version of the interest table that first knew the subscription.
  void Add(Subscription& subscription, uint64_t since);
  void Remove(Subscription& subscription);

  // Queues the record once in each lane that matches. Returns the number of lanes.
  uint32_t Deliver(const RoutedRecord& routed, Instant now);

  size_t filters() const { return index_.size(); }

 private:
  // A list with more lanes than this is looked through by hash when one is added.
  static constexpr size_t kShortList = 32;
  using ByLane = absl::flat_hash_map<const Lane*, Subscription*>;

  static void Link(Subscription& subscription, Subscription** place);
  static void Unlink(Subscription& subscription);

  Subscription* FindOfLane(SubscriptionList& list, const Lane& lane);
  ByLane* LongList(const SubscriptionList& list);
  void Promote(Subscription& twin, Subscription& elder, SubscriptionList& list);

  FilterIndex<SubscriptionList> index_;
  // Of the long lists only.
  absl::flat_hash_map<const SubscriptionList*, ByLane> long_lists_;
  // Numbers the records, so that a lane knows one it has seen already.
  uint64_t fanout_number_ = 0;
};

}  // namespace belfry::core
