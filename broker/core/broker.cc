// SPDX-License-Identifier: Apache-2.0
#include "broker/core/broker.h"

#include <algorithm>

#include "common/check.h"
#include "common/topic/topic.h"

namespace belfry::core {
namespace {

// As belfry.v1.AckLevel: what is more than ACCEPTED needs a log.
constexpr uint32_t kAckAccepted = 1;

}  // namespace

Broker::Broker(DestinationId self, InterestTable& interest, const Clock& clock, BrokerLimits limits,
               LaneBounds lane_bounds)
    : self_(self), interest_(interest), clock_(clock), limits_(limits), lane_bounds_(lane_bounds) {}

Broker::~Broker() { BELFRY_CHECK(sessions_.empty()); }

void Broker::Connect(DestinationId id, Destination& destination) {
  BELFRY_CHECK(id != self_);
  if (outboxes_.size() <= id) outboxes_.resize(id + size_t{1});
  outboxes_[id] = std::make_unique<Outbox>(destination, [this] { OnSpillChanged(); });
}

ErrorCode Broker::CheckPublish(const wire::PublishView& publish) const {
  if (publish.topic.size() > limits_.topic_bytes_max || !IsDoorTopic(publish.topic)) {
    return ErrorCode::kBadTopic;
  }
  if (publish.payload.size() > limits_.payload_bytes_max) return ErrorCode::kPayloadTooLarge;
  if (publish.ack > kAckAccepted) return ErrorCode::kNoReplay;
  if (publish.key.size() + publish.headers.bytes() > limits_.attributes_bytes_max) {
    return ErrorCode::kBadHeader;
  }
  bool headers_ok = true;
  // A header key that is not UTF-8 would make every receiver refuse the whole frame.
  publish.headers.ForEach([&](const wire::HeaderView& header) {
    headers_ok = headers_ok && !header.key.empty() && IsPlainText(header.key);
  });
  return headers_ok ? ErrorCode::kNone : ErrorCode::kBadHeader;
}

PublishOutcome Broker::Publish(const wire::PublishView& publish, std::string_view principal) {
  PublishOutcome outcome;
  outcome.error = CheckPublish(publish);
  if (!outcome.ok()) {
    counters_.publishes_refused.Add();
    return outcome;
  }
  counters_.messages_in.Add();
  const InterestTable::Match match = interest_.Find(publish.topic, MatchScope::kAll);
  outcome.subscribers = match.subscribers;
  outcome.nodes = match.nodes;
  if (match.destinations.empty()) {
    // Nobody wants it: it is not even encoded.
    counters_.messages_without_interest.Add();
    return outcome;
  }
  Record::Stamp stamp;
  stamp.time_unix_us = clock_.WallUnixMicros();
  stamp.publisher = principal;
  const Ref<const Record> record = Record::Encode(publish, stamp);
  match.destinations.ForEach([&](DestinationId id) {
    if (id == self_) {
      fanout_.Deliver(record, now());
    } else {
      outboxes_[id]->Push(record);
    }
  });
  return outcome;
}

void Broker::Receive(const Ref<const Record>& record) { fanout_.Deliver(record, now()); }

void Broker::EndTurn() {
  for (const auto& outbox : outboxes_) {
    if (outbox != nullptr) outbox->Flush();
  }
  flushing_.swap(touched_);
  const Instant now = clock_.Now();
  for (Session* session : flushing_) {
    if (session == nullptr) continue;
    session->touched_ = false;
    session->Flush(now);
  }
  flushing_.clear();
}

void Broker::Tick() {
  const Instant now = clock_.Now();
  for (Session* session : sessions_) session->Tick(now);
}

void Broker::GoAway(ErrorCode reason, Duration window) {
  leaving_ = reason;
  const auto window_ms = std::chrono::duration_cast<std::chrono::milliseconds>(window).count();
  for (size_t i = 0; i < sessions_.size(); ++i) {
    // Slots, so that a node's sessions do not all arrive elsewhere at once.
    const auto slot_ms =
        window_ms * static_cast<int64_t>(i) / static_cast<int64_t>(sessions_.size());
    sessions_[i]->sink().SendGoAway(reason, static_cast<uint32_t>(slot_ms));
  }
}

void Broker::OnSpillChanged() {
  const bool was_open = intake_open();
  spilling_outboxes_ =
      static_cast<size_t>(std::count_if(outboxes_.begin(), outboxes_.end(), [](const auto& outbox) {
        return outbox != nullptr && outbox->spilling();
      }));
  if (intake_open() == was_open) return;
  if (!intake_open()) counters_.spills.Add();
  for (Intake* intake : intakes_) intake->OnIntake(intake_open());
}

void Broker::JoinIntake(Intake& intake) {
  intakes_.push_back(&intake);
  if (!intake_open()) intake.OnIntake(false);
}

void Broker::LeaveIntake(Intake& intake) { std::erase(intakes_, &intake); }

void Broker::set_lane_bounds(const LaneBounds& bounds) {
  lane_bounds_ = bounds;
  for (Session* session : sessions_) session->set_lane_bounds(bounds);
}

void Broker::Attach(Session& session) {
  session.slot_ = sessions_.size();
  sessions_.push_back(&session);
  counters_.sessions.Add();
}

void Broker::Detach(Session& session) {
  sessions_.back()->slot_ = session.slot_;
  sessions_[session.slot_] = sessions_.back();
  sessions_.pop_back();
  counters_.sessions.Subtract();
  if (!session.touched_) return;
  std::replace(touched_.begin(), touched_.end(), &session, static_cast<Session*>(nullptr));
  std::replace(flushing_.begin(), flushing_.end(), &session, static_cast<Session*>(nullptr));
}

void Broker::AddSubscription(Subscription& subscription) {
  fanout_.Add(subscription);
  interest_.Change(subscription.filter(), self_, {.routed = 1, .active = 1});
  counters_.subscriptions.Add();
}

void Broker::RemoveSubscription(Subscription& subscription) {
  interest_.Change(subscription.filter(), self_, {.routed = -1, .active = -1});
  fanout_.Remove(subscription);
  counters_.subscriptions.Subtract();
}

}  // namespace belfry::core
