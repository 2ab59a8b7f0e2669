// SPDX-License-Identifier: Apache-2.0
#include "broker/core/broker.h"

#include <algorithm>

#include "broker/core/mutant.h"
#include "common/check.h"
#include "common/topic/topic.h"

namespace belfry::core {
namespace {

// As belfry.v1.AckLevel: what is more than ACCEPTED needs a log.
constexpr uint32_t kAckAccepted = 1;

}  // namespace

Broker::Broker(DestinationId self, Node& node, const Clock& clock, BrokerLimits limits,
               LaneBounds lane_bounds)
    : self_(self),
      node_(node),
      clock_(clock),
      limits_(limits),
      lane_bounds_(lane_bounds),
      topics_(node.topics_tracked, limits.topics_max, clock.Now()) {}

Broker::~Broker() {
  parked_places_.clear();
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
  const uint64_t hash = TopicHash(publish.topic);
  topics_.Prefetch(hash);
  const InterestTable::Match match = node_.interest.Find(publish.topic, hash, MatchScope::kAll);
  const TopicLedger::Place place = topics_.Locate(hash);
  outcome.subscribers = match.subscribers;
  outcome.nodes = match.nodes;
  if (match.destinations.empty()) {
    // Nobody wants it: it is not even encoded.
    counters_.messages_without_interest.Add();
    NoteTopic(place, publish.topic, hash);
    return outcome;
  }
  Record::Stamp stamp;
  stamp.time_unix_us = clock_.WallUnixMicros();
  stamp.publisher = principal;
  stamp.budget = &node_.memory;
  const RoutedRecord routed{Record::Encode(publish, stamp), match.version};
  match.destinations.ForEach([&](DestinationId id) {
    if (id == self_) {
      Receive(routed);
    } else {
      outboxes_[id]->Push(routed);
    }
  });
  NoteTopic(place, publish.topic, hash);
  return outcome;
}

void Broker::NoteTopic(TopicLedger::Place place, std::string_view topic, uint64_t hash) {
  if (!topics_.Note(place, topic, hash)) counters_.messages_untracked.Add();
}

void Broker::Receive(const RoutedRecord& routed) { fanout_.Deliver(routed, now()); }

// ---- sessions

std::unique_ptr<Session> Broker::Open(SessionSink& sink, SessionOptions options,
                                      ErrorCode* refused) {
  if (memory_level_ >= MemoryLevel::kRefuseSubscribers) {
    *refused = ErrorCode::kNodeMemory;
    counters_.subscribers_refused.Add();
    return nullptr;
  }
  const SessionDirectory::Admission admission = node_.sessions.Enter(
      self_, {options.principal, options.client_id, options.incarnation, options.resume_token});
  if (admission.session == 0) {
    *refused = ErrorCode::kStaleIncarnation;
    return nullptr;
  }
  if (admission.superseded && !Mutated(Mutant::kTakeoverKeepsOld)) {
    EndSuperseded(*admission.superseded);
  }
  auto session = std::make_unique<Session>(*this, sink, std::move(options), admission.session);
  session->entered_ = true;
  by_id_.emplace(session->id(), session.get());
  return session;
}

void Broker::EndSuperseded(const SessionDirectory::Place& older) {
  if (older.reactor == self_) {
    EndSession(older.session, ErrorCode::kTakenOver);
    return;
  }
  node_.control(older.reactor, [id = older.session](Broker& broker) {
    broker.EndSession(id, ErrorCode::kTakenOver);
  });
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

const Session* Broker::NextSession(SessionId after) const {
  const auto next = by_id_.upper_bound(after);
  return next == by_id_.end() ? nullptr : next->second;
}

void Broker::Park(std::unique_ptr<Session> session) {
  const bool may_return = !session->retired() && !session->options().resume_token.empty() &&
                          limits_.grace.count() > 0 && limits_.parked_max > 0 &&
                          leaving_ == ErrorCode::kNone;
  if (!may_return) return;  // it goes here
  if (parked_.size() >= limits_.parked_max) GiveUpFirstParked();
  const SessionId id = session->id();
  session->Park(now());
  parked_places_[id] = parked_.insert(parked_.end(), std::move(session));
}

std::unique_ptr<Session> Broker::Unpark(SessionId id) {
  const auto found = parked_places_.find(id);
  BELFRY_CHECK(found != parked_places_.end());
  std::unique_ptr<Session> session = std::move(*found->second);
  parked_.erase(found->second);
  parked_places_.erase(found);
  return session;
}

void Broker::GiveUpFirstParked() {
  counters_.sessions_given_up.Add();
  EndFirstParked();
}

void Broker::EndFirstParked() { Unpark(parked_.front()->id()); }

void Broker::EndOverdue(Instant now) {
  if (Mutated(Mutant::kGraceNeverEnds)) return;
  while (!parked_.empty() && now - parked_.front()->parked_at() > limits_.grace) EndFirstParked();
}

std::unique_ptr<Session> Broker::Claim(SessionId id, uint64_t received_through) {
  Session* const session = Find(id);
  if (session == nullptr) return nullptr;
  if (!session->CanResume(received_through)) {
    EndSession(id, ErrorCode::kTakenOver);
    return nullptr;
  }
  counters_.sessions_resumed.Add();
  if (session->parked()) return Unpark(id);
  std::unique_ptr<Session> claimed = session->sink().Yield();
  BELFRY_CHECK(claimed.get() == session);
  claimed->Detach();
  return claimed;
}

bool Broker::EndSession(SessionId id, ErrorCode reason) {
  Session* const session = Find(id);
  if (session == nullptr) return false;
  if (session->parked()) {
    Unpark(id);
  } else {
    session->End(reason);
  }
  return true;
}

// ---- the turn

void Broker::EndTurn() {
  if (Mutated(Mutant::kShedsBeforeFlush) && node_.memory.excess() != 0) ShedMemory();
  for (const auto& outbox : outboxes_) {
    if (outbox != nullptr) outbox->Flush();
  }
  FlushTouched();
  // After the flush: what is queued now is what its readers did not take.
  memory_level_ = node_.memory.level();
  if (memory_level_ != MemoryLevel::kCalm && !Mutated(Mutant::kBudgetIgnored)) ShedMemory();
}

void Broker::FlushTouched() {
  flushing_.swap(touched_);
  const Instant now = clock_.Now();
  for (Session* session : flushing_) {
    if (session == nullptr) continue;
    session->touched_ = false;
    session->Flush(now);
    // An overflow has ended it while it waited.
    if (session->retired() && session->parked()) Unpark(session->id());
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
  node_.memory.TellQueued(self_, QueuedBytes());
  topics_.Tick(now);
}

size_t Broker::QueuedBytes() const {
  size_t bytes = 0;
  for (const Session* session : sessions_) bytes += session->queued_bytes();
  return bytes;
}

// Gives up this reactor's part of what the node has too much, in proportion to what is queued here:
// the longest queues first, half of each, and never more than half of all at a time. What that
// frees beside the records is seen with the next observation; until then only what has come since
// counts.
void Broker::ShedMemory() {
  MemoryBudget& memory = node_.memory;
  const uint64_t observation = memory.observations();
  const bool observed = observation != shed_observation_;
  const size_t charged = memory.charged();
  if (!observed && charged <= shed_charged_) return;
  const size_t too_much = observed ? memory.excess() : charged - shed_charged_;
  const size_t queued = QueuedBytes();
  memory.TellQueued(self_, queued);
  const size_t part = memory.PartOf(queued, too_much);

  std::vector<Session*> longest;
  std::copy_if(sessions_.begin(), sessions_.end(), std::back_inserter(longest),
               [](const Session* session) { return session->queued_messages() != 0; });
  const auto shorter = [](const Session* a, const Session* b) {
    return a->queued_bytes() < b->queued_bytes();
  };
  std::make_heap(longest.begin(), longest.end(), shorter);
  size_t given = 0;
  while (!longest.empty() && given < queued / 2 && memory.charged() + part > charged) {
    std::pop_heap(longest.begin(), longest.end(), shorter);
    Session& session = *longest.back();
    const size_t before = session.queued_bytes();
    session.ShedHalf();
    given += before - session.queued_bytes();
    std::push_heap(longest.begin(), longest.end(), shorter);
  }
  // Where queues do not suffice: what serves nobody yet.
  if (observed && memory.level() >= MemoryLevel::kRefuseSubscribers) {
    for (size_t left = (parked_.size() + 1) / 2; left > 0; --left) GiveUpFirstParked();
    for (Session* session : sessions_) {
      if (!session->parked()) session->ForgetSent();
    }
  }
  shed_observation_ = observation;
  shed_charged_ = memory.charged();
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

void Broker::EndAllSessions(ErrorCode reason) {
  while (!parked_.empty()) EndFirstParked();
  for (Session* session : sessions_) session->End(reason);
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
  const uint64_t version = ChangeInterest(subscription.filter(), {.routed = 1, .active = 1});
  fanout_.Add(subscription, Mutated(Mutant::kOldRecordsDelivered) ? 0 : version);
  counters_.subscriptions.Add();
}

void Broker::RemoveSubscription(Subscription& subscription) {
  const int32_t active = subscription.lane().session().parked() ? 0 : -1;
  const int32_t routed = Mutated(Mutant::kInterestStays) ? 0 : -1;
  ChangeInterest(subscription.filter(), {.routed = routed, .active = active});
  fanout_.Remove(subscription);
  counters_.subscriptions.Subtract();
}

void Broker::ChangeActive(FilterView filter, int32_t by) {
  ChangeInterest(filter, {.routed = 0, .active = by});
}

uint64_t Broker::ChangeInterest(FilterView filter, InterestDelta delta) {
  if (Mutated(Mutant::kSubscribedTooEarly)) {
    node_.control(self_, [filter = Filter(filter), by = delta.routed](Broker& broker) {
      broker.node_.interest.Change(filter, broker.self_, {.routed = by, .active = 0});
    });
    delta.routed = 0;
  }
  return node_.interest.Change(filter, self_, delta);
}

}  // namespace belfry::core
