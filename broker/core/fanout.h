// SPDX-License-Identifier: Apache-2.0
//
// The last step of a message on its reactor: from a record to the lanes of the sessions that match.
//
//     index: filter → list → subscription → subscription → …   (all of this reactor with that
//     filter)
//
// Threads: Confined to its reactor. Ownership: links subscriptions, owns none.
#pragma once

#include <cstdint>

#include "broker/core/record.h"
#include "broker/core/subscription.h"
#include "common/clock.h"
#include "common/topic/filter_index.h"

namespace belfry::core {

// All subscriptions of a reactor with one filter.
struct SubscriptionList {
  Subscription* first = nullptr;
};

class Fanout {
 public:
  void Add(Subscription& subscription);
  void Remove(Subscription& subscription);

  // Queues the record once in each lane that matches. Returns the number of lanes.
  uint32_t Deliver(const Ref<const Record>& record, Instant now);

  size_t filters() const { return index_.size(); }

 private:
  FilterIndex<SubscriptionList> index_;
  // Numbers the records, so that a lane knows one it has seen already.
  uint64_t fanout_number_ = 0;
};

}  // namespace belfry::core
