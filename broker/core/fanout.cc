// SPDX-License-Identifier: Apache-2.0
#include "broker/core/fanout.h"

#include "broker/core/session.h"
#include "common/check.h"

namespace belfry::core {

void Fanout::Link(Subscription& subscription, Subscription** place) {
  subscription.next_ = *place;
  subscription.previous_next_ = place;
  if (*place != nullptr) (*place)->previous_next_ = &subscription.next_;
  *place = &subscription;
}

void Fanout::Unlink(Subscription& subscription) {
  *subscription.previous_next_ = subscription.next_;
  if (subscription.next_ != nullptr) {
    subscription.next_->previous_next_ = subscription.previous_next_;
  }
}

Fanout::ByLane* Fanout::LongList(const SubscriptionList& list) {
  if (long_lists_.empty()) return nullptr;
  const auto found = long_lists_.find(&list);
  return found == long_lists_.end() ? nullptr : &found->second;
}

Subscription* Fanout::FindOfLane(SubscriptionList& list, const Lane& lane) {
  if (const ByLane* by_lane = LongList(list); by_lane != nullptr) {
    const auto found = by_lane->find(&lane);
    return found == by_lane->end() ? nullptr : found->second;
  }
  size_t length = 0;
  for (Subscription* s = list.first; s != nullptr; s = s->next_) {
    if (&s->lane_ == &lane) return s;
    ++length;
  }
  if (length < kShortList) return nullptr;
  ByLane& by_lane = long_lists_[&list];
  for (Subscription* s = list.first; s != nullptr; s = s->next_) by_lane.emplace(&s->lane_, s);
  return nullptr;
}

void Fanout::Add(Subscription& subscription, uint64_t since) {
  subscription.since_ = since;
  SubscriptionList& list = *index_.FindOrInsert(subscription.filter());
  if (Subscription* elder = FindOfLane(list, subscription.lane_); elder != nullptr) {
    subscription.is_twin_ = true;
    Link(subscription, &elder->twins_);
    return;
  }
  Link(subscription, &list.first);
  if (ByLane* by_lane = LongList(list); by_lane != nullptr) {
    by_lane->emplace(&subscription.lane_, &subscription);
  }
}

void Fanout::Remove(Subscription& subscription) {
  if (subscription.is_twin_) return Unlink(subscription);
  SubscriptionList* const list = index_.Find(subscription.filter());
  BELFRY_CHECK(list != nullptr);
  if (subscription.twins_ != nullptr) return Promote(*subscription.twins_, subscription, *list);
  Unlink(subscription);
  if (ByLane* by_lane = LongList(*list); by_lane != nullptr) {
    by_lane->erase(&subscription.lane_);
    if (by_lane->size() < kShortList / 2) long_lists_.erase(list);
  }
  if (list->first == nullptr) index_.Erase(subscription.filter());
}

// The first twin takes its elder's place, and the other twins.
void Fanout::Promote(Subscription& twin, Subscription& elder, SubscriptionList& list) {
  twin.is_twin_ = false;
  // Their lane has had all that the elder got.
  twin.since_ = elder.since_;
  twin.twins_ = twin.next_;
  if (twin.twins_ != nullptr) twin.twins_->previous_next_ = &twin.twins_;
  Subscription** const place = elder.previous_next_;
  Unlink(elder);
  Link(twin, place);
  if (ByLane* by_lane = LongList(list); by_lane != nullptr) (*by_lane)[&twin.lane_] = &twin;
}

uint32_t Fanout::Deliver(const RoutedRecord& routed, Instant now) {
  const Ref<const Record>& record = routed.record;
  const uint64_t number = ++fanout_number_;
  uint32_t lanes = 0;
  const MatchScope scope = record->redis_only() ? MatchScope::kLiteralOnly : MatchScope::kAll;
  index_.Match(record->topic(), scope, [&](SubscriptionList& list) {
    for (Subscription* s = list.first; s != nullptr; s = s->next_) {
      if (s->since_ > routed.interest_version) continue;
      Lane& lane = s->lane_;
      if (!lane.FirstMatch(number)) continue;
      lane.session().Queue(lane, record, now);
      ++lanes;
    }
  });
  return lanes;
}

}  // namespace belfry::core
