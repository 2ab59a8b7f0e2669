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

Broker::Broker(DestinationId self, Node& node, const Clock& clock, BrokerLimits limits,
               LaneBounds lane_bounds)
    : self_(self), node_(node), clock_(clock), limits_(limits), lane_bounds_(lane_bounds) {}

Broker::~Broker() {
  parked_.clear();  // each takes itself out of sessions_
  BELFRY_CHECK(sessions_.empty());
}

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
  if (memory_level_ == MemoryLevel::kRefusePublishes) return ErrorCode::kNodeMemory;
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
  const InterestTable::Match match = node_.interest.Find(publish.topic, MatchScope::kAll);
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
  stamp.budget = &node_.memory;
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

// ---- sessions

std::unique_ptr<Session> Broker::Open(SessionSink& sink, SessionOptions options,
                                      ErrorCode* refused) {
  if (memory_level_ >= MemoryLevel::kRefuseSubscribers) {
    *refused = ErrorCode::kNodeMemory;
    return nullptr;
  }
  const SessionDirectory::Admission admission = node_.sessions.Enter(
      self_, {options.principal, options.client_id, options.incarnation, options.resume_token});
  if (admission.session == 0) {
    *refused = ErrorCode::kStaleIncarnation;
    return nullptr;
  }
  if (const auto& older = admission.superseded; older && older->reactor == self_) {
    EndSession(older->session, ErrorCode::kTakenOver);
  } else if (older) {
    node_.control(older->reactor, [id = older->session](Broker& broker) {
      broker.EndSession(id, ErrorCode::kTakenOver);
    });
  }
  auto session = std::make_unique<Session>(*this, sink, std::move(options), admission.session);
  session->entered_ = true;
  by_id_.emplace(session->id(), session.get());
  return session;
}

void Broker::LeaveDirectory(Session& session) {
  if (!std::exchange(session.entered_, false)) return;
  by_id_.erase(session.id());
  node_.sessions.Leave(session.id(), session.client());
}

Session* Broker::Find(SessionId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

void Broker::Park(std::unique_ptr<Session> session) {
  const bool may_return = !session->retired() && !session->options().resume_token.empty() &&
                          limits_.grace.count() > 0 && leaving_ == ErrorCode::kNone;
  if (!may_return) return;  // it goes here
  session->Detach(now());
  parkings_.push_back(Parking{session->id(), now()});
  parked_[session->id()] = std::move(session);
}

std::unique_ptr<Session> Broker::Unpark(SessionId id) {
  const auto found = parked_.find(id);
  BELFRY_CHECK(found != parked_.end());
  std::unique_ptr<Session> session = std::move(found->second);
  parked_.erase(found);
  return session;
}

std::unique_ptr<Session> Broker::Claim(SessionId id, uint64_t received_through) {
  Session* const session = Find(id);
  if (session == nullptr) return nullptr;
  std::unique_ptr<Session> claimed;
  if (session->attended()) {
    claimed = session->sink().Yield();
    BELFRY_CHECK(claimed.get() == session);
    claimed->Detach(now());
  } else {
    claimed = Unpark(id);
  }
  if (!claimed->CanResume(received_through)) return nullptr;
  counters_.sessions_resumed.Add();
  return claimed;
}

bool Broker::EndSession(SessionId id, ErrorCode reason) {
  Session* const session = Find(id);
  if (session == nullptr) return false;
  if (session->attended()) {
    session->End(reason);
  } else {
    Unpark(id);
  }
  return true;
}

void Broker::EndFirstParked() {
  const Parking parking = parkings_.front();
  parkings_.pop_front();
  const auto found = parked_.find(parking.session);
  // It may have been claimed, and parked again later.
  if (found != parked_.end() && found->second->detached_at() == parking.since) {
    parked_.erase(found);
  }
}

void Broker::EndOverdue(Instant now) {
  while (!parkings_.empty() && now - parkings_.front().since > limits_.grace) EndFirstParked();
}

// ---- the turn

void Broker::EndTurn() {
  memory_level_ = node_.memory.level();
  if (memory_level_ != MemoryLevel::kCalm) ShedMemory();
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
  for (Session* session : sessions_) {
    if (!session->Tick(now)) silent_.push_back(session);
  }
  for (Session* session : silent_) session->sink().Close(ErrorCode::kHeartbeatTimeout);
  silent_.clear();
  EndOverdue(now);
}

// The sessions with the longest queues give up half of what they have, until the node is at ease or
// nothing is queued here any more. Then goes what serves nobody yet: parked sessions, and what is
// kept for resumes.
void Broker::ShedMemory() {
  const auto at_ease = [this] { return node_.memory.level() == MemoryLevel::kCalm; };
  std::vector<Session*> queued;
  std::copy_if(sessions_.begin(), sessions_.end(), std::back_inserter(queued),
               [](const Session* session) { return session->queued_messages() != 0; });
  const auto shorter = [](const Session* a, const Session* b) {
    return a->queued_bytes() < b->queued_bytes();
  };
  std::make_heap(queued.begin(), queued.end(), shorter);
  while (!queued.empty() && !at_ease()) {
    std::pop_heap(queued.begin(), queued.end(), shorter);
    Session& longest = *queued.back();
    longest.Shed(longest.queued_bytes() / 2);
    if (longest.queued_messages() == 0) {
      queued.pop_back();
    } else {
      std::push_heap(queued.begin(), queued.end(), shorter);
    }
  }
  while (!parkings_.empty() && !at_ease()) EndFirstParked();
  for (size_t i = 0; i < sessions_.size() && !at_ease(); ++i) sessions_[i]->ForgetSent();
  memory_level_ = node_.memory.level();
}

void Broker::GoAway(ErrorCode reason, Duration window) {
  leaving_ = reason;
  const auto window_ms = std::chrono::duration_cast<std::chrono::milliseconds>(window).count();
  for (size_t i = 0; i < sessions_.size(); ++i) {
    // Slots, so that a node's sessions do not all arrive elsewhere at once.
    const auto slot_ms =
        window_ms * static_cast<int64_t>(i) / static_cast<int64_t>(sessions_.size());
    if (sessions_[i]->attended() && !sessions_[i]->retired()) {
      sessions_[i]->sink().SendGoAway(reason, static_cast<uint32_t>(slot_ms));
    }
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

void Broker::AddSession(Session& session) {
  session.slot_ = sessions_.size();
  sessions_.push_back(&session);
  counters_.sessions.Add();
}

void Broker::RemoveSession(Session& session) {
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
  node_.interest.Change(subscription.filter(), self_, {.routed = 1, .active = 1});
  counters_.subscriptions.Add();
}

void Broker::RemoveSubscription(Subscription& subscription) {
  const int32_t active = subscription.lane().session().attended() ? -1 : 0;
  node_.interest.Change(subscription.filter(), self_, {.routed = -1, .active = active});
  fanout_.Remove(subscription);
  counters_.subscriptions.Subtract();
}

void Broker::ChangeActive(FilterView filter, int32_t by) {
  node_.interest.Change(filter, self_, {.routed = 0, .active = by});
}

}  // namespace belfry::core
