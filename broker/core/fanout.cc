// SPDX-License-Identifier: Apache-2.0
#include "broker/core/fanout.h"

#include "broker/core/session.h"

namespace belfry::core {

void Fanout::Add(Subscription& subscription) {
  SubscriptionList& list = *index_.FindOrInsert(subscription.filter());
  subscription.next_ = list.first;
  subscription.previous_next_ = &list.first;
  if (list.first != nullptr) list.first->previous_next_ = &subscription.next_;
  list.first = &subscription;
}

void Fanout::Remove(Subscription& subscription) {
  *subscription.previous_next_ = subscription.next_;
  if (subscription.next_ != nullptr) {
    subscription.next_->previous_next_ = subscription.previous_next_;
  } else if (index_.Find(subscription.filter())->first == nullptr) {
    index_.Erase(subscription.filter());
  }
}

uint32_t Fanout::Deliver(const Ref<const Record>& record, Instant now) {
  const uint64_t number = ++fanout_number_;
  uint32_t lanes = 0;
  const MatchScope scope = record->redis_only() ? MatchScope::kLiteralOnly : MatchScope::kAll;
  index_.Match(record->topic(), scope, [&](SubscriptionList& list) {
    for (Subscription* s = list.first; s != nullptr; s = s->next_) {
      if (!s->lane_.FirstMatch(number)) continue;
      s->session_.Queue(s->lane_, record, now);
      ++lanes;
    }
  });
  return lanes;
}

}  // namespace belfry::core
