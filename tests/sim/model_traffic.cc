// SPDX-License-Identifier: Apache-2.0
//
// Messages: who must get them, how they travel between reactors, what lanes drop for them; and
// turns.
#include <algorithm>
#include <cstring>

#include "common/wire/message_view.h"
#include "tests/sim/model.h"

namespace belfry::sim {
namespace {

constexpr size_t kIdBytes = sizeof(uint64_t);
// Of a record beside payload and topic, and of its place in a queue: about.
constexpr size_t kRecordBytes = sizeof(core::Record) + 100;

size_t PayloadBytes(const SentMessage& message) {
  return std::max(message.payload_bytes, kIdBytes);
}

std::string PayloadOf(uint64_t id, const SentMessage& message) {
  std::string payload(PayloadBytes(message), 'x');
  std::memcpy(payload.data(), &id, kIdBytes);
  return payload;
}

}  // namespace

uint64_t Model::NewMessage(const SentMessage& message) {
  messages_.push_back(message);
  return messages_.size();
}

Message Model::Describe(uint64_t id) const {
  static const char* const kKeys[] = {"", "k1", "k2", "k3", "k4"};
  const SentMessage& sent = message(id);
  Message described;
  described.id = id;
  described.topic = TopicOf(sent.topic);
  described.key = kKeys[sent.key];
  described.publisher = sent.publisher;
  described.sequence = sent.sequence;
  described.cost = kRecordBytes + sent.payload_bytes + described.topic.size();
  return described;
}

// The message's number, after a look at whether the record is what was published.
uint64_t Model::ReadRecord(const core::Record& record) {
  wire::MessageView view;
  uint64_t id = 0;
  if (wire::MessageView::Parse(record.bytes(), &view) && view.payload.size() >= kIdBytes) {
    std::memcpy(&id, view.payload.data(), kIdBytes);
  }
  if (id == 0 || id > messages_.size()) {
    Check(Violation{"I2", "a record that nobody published"});
    return 0;
  }
  const Message described = Describe(id);
  const bool same = view.topic == described.topic && view.key == described.key &&
                    view.payload.size() == PayloadBytes(message(id));
  if (!same) Check(Violation{"I2", "message " + std::to_string(id) + " is not what it was"});
  return id;
}

// ---- publish

ErrorCode Model::PredictPublish(const ModelSession& s, const SentMessage& message) const {
  if (message.topic >= swarm_.topics.size()) return ErrorCode::kBadTopic;
  if (PayloadBytes(message) > swarm_.limits.payload_bytes_max) return ErrorCode::kPayloadTooLarge;
  if (message.ack > 1) return ErrorCode::kNoReplay;
  return node_.broker(s.reactor).memory_level() == core::MemoryLevel::kRefusePublishes
             ? ErrorCode::kNodeMemory
             : ErrorCode::kNone;
}

void Model::Publish(ModelSession& s, uint64_t sequence, uint64_t id) {
  SentMessage& message = messages_[id - 1];
  trace_.Add("session # publishes message % as sequence %", s.id, id, sequence);
  const Message described = Describe(id);
  const std::string payload = PayloadOf(id, message);
  wire::PublishView view;
  view.topic = described.topic;
  view.payload = payload;
  view.key = described.key;
  view.ack = message.ack;
  view.want_outcome = message.want_outcome;

  if (sequence <= s.publishes_through) {
    coverage_.Note(Seen::kRetryNotPublishedTwice);
    s.session->Publish(view, sequence);
    return;
  }
  core::PublishOutcome expected;
  expected.sequence = sequence;
  expected.error = PredictPublish(s, message);
  const bool known_topic = message.topic < swarm_.topics.size();
  if (expected.ok()) expected.subscribers = ActiveSubscribers(message.topic);
  std::vector<Reached> reached;
  if (known_topic) reached = WhoGets(s.reactor, message.topic, accepted_ + 1);
  const core::PublishOutcome got = s.session->Publish(view, sequence);
  s.publishes_through = sequence;
  Check(I13Equal("error of a publish", static_cast<uint64_t>(expected.error),
                 static_cast<uint64_t>(got.error)));
  Check(I13Equal("subscribers in an outcome", expected.subscribers, got.subscribers));
  Check(I13Equal("nodes in an outcome", expected.subscribers > 0 ? 1 : 0, got.nodes));
  if (!expected.ok() || message.want_outcome) s.outcomes_due[sequence] = expected;
  if (!expected.ok()) {
    coverage_.Note(expected.error == ErrorCode::kNodeMemory ? Seen::kPublishRefusedByMemory
                                                            : Seen::kBadRequest);
    return;
  }
  message.accepted = true;
  message.order = ++accepted_;
  message.publisher = s.id;
  message.sequence = sequence;
  for (const Reached& there : reached) Owe(there, id);
  for (size_t to = 0; to < node_.reactors(); ++to) {
    const auto reactor = static_cast<SimNode::Reactor>(to);
    if (reactor != s.reactor && !WhoGets(reactor, message.topic, message.order).empty()) {
      Route(s.reactor, reactor).expected.push_back(id);
    }
  }
}

void Model::QueuePeerGap(ModelSession& s, size_t lane, size_t topic, uint64_t count) {
  if (!s.lanes[lane]) return;
  trace_.Add("session # lost % of topic % on a peer link", s.id, count, topic);
  core::Gap gap{core::GapCause::kPeerLink};
  gap.Add(TopicOf(topic), count);
  s.lanes[lane]->OweLost(TopicOf(topic), count);
  s.session->QueueGap(static_cast<uint32_t>(lane), gap);
}

// ---- fan-out

std::vector<Model::Reached> Model::WhoGets(SimNode::Reactor reactor, size_t topic, uint64_t order) {
  std::vector<Reached> all;
  size_t lanes = 0;
  for (auto& [id, s] : sessions_) {
    if (!s->alive || s->reactor != reactor) continue;
    Reached reached;
    for (const auto& [sub, subscription] : s->subscriptions) {
      if (!Matches(subscription.filter, topic)) continue;
      if (subscription.since > order) {
        coverage_.Note(Seen::kOlderThanSubscription);
        continue;
      }
      reached.session = s.get();
      ++reached.matches[static_cast<size_t>(subscription.policy)];
    }
    if (reached.session == nullptr) continue;
    for (const uint32_t matches : reached.matches) lanes += matches != 0 ? 1 : 0;
    reached.dropped_before = s->session->dropped();
    all.push_back(reached);
  }
  if (swarm_.crowd && lanes > 32) coverage_.Note(Seen::kLongList);
  return all;
}

// After the broker has handed the message to the session's lanes.
void Model::Owe(const Reached& reached, uint64_t id) {
  ModelSession& s = *reached.session;
  const Message described = Describe(id);
  const uint64_t dropped = s.session->dropped() - reached.dropped_before;
  s.dropped_known += dropped;
  const int64_t now = AttendedTime(s);
  const auto lanes = std::count_if(reached.matches.begin(), reached.matches.end(),
                                   [](uint32_t matches) { return matches != 0; });
  for (size_t i = 0; i < reached.matches.size(); ++i) {
    if (reached.matches[i] == 0) continue;
    LaneHistory& lane = *s.lanes[i];
    bool refused = false;
    if (lanes > 1) {
      // Which of them dropped is not known.
      lane.DroppedAnywhere(dropped);
    } else if (dropped != 0) {
      NoteEvictions(lane, described, dropped, now);
      refused = lane.policy() == core::OverflowPolicy::kDropNewest;
    }
    lane.Owe(described, now, refused);
  }
}

void Model::NoteEvictions(LaneHistory& lane, const Message& message, uint64_t dropped,
                          int64_t now) {
  // A closed DROP_NEWEST lane opens only when its oldest is young, too.
  const bool old = lane.OldestAge(now) * 2 >= least_bounds_.age_max.count();
  if (lane.policy() != core::OverflowPolicy::kDropNewest || !old) {
    Check(I9OverflowWasDue(lane, message, least_bounds_));
  }
  switch (lane.policy()) {
    case core::OverflowPolicy::kDropNewest:
      if (dropped > 1) Check(Violation{"P1", "a DROP_NEWEST lane drops what it had"});
      return;
    case core::OverflowPolicy::kDisconnect:
      Check(Violation{"P1", "a DISCONNECT lane drops messages"});
      return;
    default:
      if (lane.topics().size() > 1) coverage_.Note(Seen::kFairEviction);
      lane.Evicted(dropped);
  }
}

RouteHistory& Model::Route(SimNode::Reactor from, SimNode::Reactor to) {
  return routes_[from * node_.reactors() + to];
}

void Model::Arrive(SimNode::Reactor from, SimNode::Reactor to, const core::RoutedRecord& routed) {
  const uint64_t id = ReadRecord(*routed.record);
  if (failed()) return;
  RouteHistory& route = Route(from, to);
  Check(CheckArrival(route, id, message(id).accepted));
  if (failed()) return;
  while (route.expected.front() != id) {
    route.overtaken.push_back(route.expected.front());
    route.expected.pop_front();
  }
  route.expected.pop_front();
  route.arrived.insert(id);
  const std::vector<Reached> reached = WhoGets(to, message(id).topic, message(id).order);
  node_.broker(to).Receive(routed);
  for (const Reached& there : reached) Owe(there, id);
}

uint64_t Model::unrouted() const {
  uint64_t count = 0;
  for (const RouteHistory& route : routes_) {
    count += route.expected.size() + route.overtaken.size();
  }
  return count;
}

bool Model::NoSpill() const {
  bool none = node_.quiet();
  for (size_t i = 0; i < node_.reactors(); ++i) none = none && node_.broker(i).intake_open();
  return none;
}

// ---- turns

void Model::AccountDrops(ModelSession& s) {
  const uint64_t dropped = s.session->dropped() - s.dropped_known;
  if (dropped == 0) return;
  s.dropped_known += dropped;
  Verdict undue;
  bool due = shedding_;
  for (std::optional<LaneHistory>& lane : s.lanes) {
    if (!lane) continue;
    lane->DroppedAnywhere(dropped);
    Verdict age = I9AgeDropWasDue(*lane, AttendedTime(s), least_bounds_.age_max.count());
    if (age) {
      undue = std::move(age);
    } else {
      due = true;
    }
  }
  if (!due) Check(std::move(undue));
  coverage_.Note(shedding_ ? Seen::kShed : Seen::kAgeDrop);
}

void Model::AccountAllDrops(SimNode::Reactor reactor) {
  for (auto& [id, s] : sessions_) {
    if (s->alive && s->reactor == reactor) AccountDrops(*s);
  }
}

void Model::AllowEnds(SimNode::Reactor reactor, std::string_view reason) {
  for (auto& [id, s] : sessions_) {
    if (s->alive && !s->attended && s->reactor == reactor && s->may_end.empty()) {
      s->may_end = reason;
    }
  }
}

void Model::Turn(SimNode::Reactor reactor, Prng* prng) {
  trace_.Add("turn of reactor #", reactor);
  core::Broker& broker = node_.broker(reactor);
  const uint64_t spills = broker.counters().spills.value();
  node_.RunTasks(reactor, prng);
  Sync();
  node_.DrainInbox(reactor, [this](auto from, auto to, const auto& record) {
    if (!failed()) Arrive(from, to, record);
  });
  if (failed()) return;
  shedding_ = node_.node.memory.level() != core::MemoryLevel::kCalm;
  if (shedding_) AllowEnds(reactor, "memory");
  const uint64_t shed = broker.counters().shed.value();
  const uint64_t parked = broker.counters().sessions_parked.value();
  const std::vector<Reader> readers = Readers(reactor);
  broker.EndTurn();
  Sync();
  if (broker.counters().shed.value() != shed) {
    for (const Reader& reader : readers) {
      const ModelSession& s = *reader.session;
      if (!s.alive || reader.age_drop_is_due || !s.session->sink().writable()) continue;
      Check(P5KeepsUp(s.session->dropped() - reader.dropped_before));
    }
  }
  AccountAllDrops(reactor);
  if (shedding_) CheckShed(reactor, broker.counters().shed.value() - shed, parked);
  shedding_ = false;
  coverage_.Note(Seen::kSpill, broker.counters().spills.value() - spills);
}

// Who reads at the end of this turn.
std::vector<Model::Reader> Model::Readers(SimNode::Reactor reactor) {
  std::vector<Reader> readers;
  for (auto& [id, s] : sessions_) {
    if (!s->alive || !s->attended || s->reactor != reactor) continue;
    s->gaps_in_a_row.fill(0);
    Reader reader{s.get(), s->session->dropped()};
    for (const std::optional<LaneHistory>& lane : s->lanes) {
      if (lane && lane->OldestAge(AttendedTime(*s)) > least_bounds_.age_max.count()) {
        reader.age_drop_is_due = true;
      }
    }
    readers.push_back(reader);
  }
  return readers;
}

// Those that live may not end for this any more. Each time that the process has been looked at and
// is not at ease, some of what is queued must go; and when it is worse, half of the parked.
void Model::CheckShed(SimNode::Reactor reactor, uint64_t shed, uint64_t parked_before) {
  const core::MemoryBudget& memory = node_.node.memory;
  const core::Broker& broker = node_.broker(reactor);
  uint64_t queued = 0;
  for (auto& [id, s] : sessions_) {
    if (!s->alive || s->reactor != reactor) continue;
    s->forgotten_through = s->frames.size();
    if (s->may_end == "memory") s->may_end = {};
    queued += s->session->queued_messages();
  }
  if (broker.memory_level() == core::MemoryLevel::kCalm) return;
  if (std::exchange(observations_seen_[reactor], memory.observations()) == memory.observations()) {
    return;
  }
  if (queued != 0 && shed == 0) {
    Check(Violation{"I16", "nothing of what is queued is given up while memory is short"});
  }
  if (memory.level() >= core::MemoryLevel::kRefuseSubscribers) {
    Check(I16AtMost("parked sessions while memory is very short", parked_before / 2,
                    broker.counters().sessions_parked.value()));
  }
}

void Model::Tick(SimNode::Reactor reactor) {
  trace_.Add("tick of reactor #", reactor);
  const Instant now = node_.clock.Now();
  std::vector<ModelSession*> overdue;
  for (auto& [id, s] : sessions_) {
    if (!s->alive || s->attended || s->reactor != reactor) continue;
    if (now - s->session->parked_at() <= swarm_.limits.grace) continue;
    overdue.push_back(s.get());
    if (s->may_end.empty()) s->may_end = "grace";
  }
  node_.set_current(reactor);
  node_.broker(reactor).Tick();
  Sync();
  for (const ModelSession* s : overdue) {
    if (s->alive) {
      Check(Violation{"I17", "session " + std::to_string(s->id) + " outlives its grace"});
    }
  }
  AccountAllDrops(reactor);
}

}  // namespace belfry::sim
