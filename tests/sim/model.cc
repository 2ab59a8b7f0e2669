// SPDX-License-Identifier: Apache-2.0
//
// Sessions, their subscriptions, and what is checked after each step and at rest.
#include "tests/sim/model.h"

#include <algorithm>

#include "tests/support/naive_matcher.h"

namespace belfry::sim {

Model::Model(const Swarm& swarm, SimNode& node, Trace& trace, Coverage& coverage)
    : swarm_(swarm),
      node_(node),
      trace_(trace),
      coverage_(coverage),
      least_bounds_(swarm.bounds),
      most_bounds_(swarm.bounds),
      routes_(swarm.reactors * swarm.reactors) {
  if (swarm.reloads) {
    const core::LaneBounds& other = swarm.other_bounds;
    least_bounds_ = {std::min(swarm.bounds.bytes_max, other.bytes_max),
                     std::min(swarm.bounds.messages_max, other.messages_max),
                     std::min(swarm.bounds.age_max, other.age_max)};
    most_bounds_ = {std::max(swarm.bounds.bytes_max, other.bytes_max),
                    std::max(swarm.bounds.messages_max, other.messages_max),
                    std::max(swarm.bounds.age_max, other.age_max)};
  }
  for (const Filter& filter : swarm.filters) {
    std::vector<bool>& row = matches_.emplace_back();
    for (const std::string& topic : swarm.topics) row.push_back(naive::Matches(filter, topic));
  }
}

void Model::Check(Verdict verdict) {
  if (verdict && !violation_) violation_ = std::move(verdict);
}

// What is not a valid choice stands for the invalid one.
FilterView Model::FilterOf(size_t filter) const {
  return filter < swarm_.filters.size() ? swarm_.filters[filter].view()
                                        : FilterView{FilterKind::kLiteral, ""};
}

std::string_view Model::TopicOf(size_t topic) const {
  return topic < swarm_.topics.size() ? std::string_view(swarm_.topics[topic]) : "$bad";
}

// ---- sessions

void Model::OpenAnswered(SimNode::Reactor reactor, size_t identity, uint64_t incarnation,
                         ErrorCode refused) {
  ErrorCode expected = ErrorCode::kNone;
  const auto newest = newest_.find(identity);
  if (node_.broker(reactor).memory_level() >= core::MemoryLevel::kRefuseSubscribers) {
    expected = ErrorCode::kNodeMemory;
  } else if (incarnation != 0 && newest != newest_.end()) {
    const ModelSession& other = *sessions_.at(newest->second);
    if (other.alive && other.incarnation > incarnation) expected = ErrorCode::kStaleIncarnation;
  }
  Check(I13Equal("refusal of a Hello", static_cast<uint64_t>(expected),
                 static_cast<uint64_t>(refused)));
}

ModelSession& Model::Opened(core::Session& session, SimNode::Reactor reactor, size_t identity,
                            bool reconnected) {
  const uint64_t incarnation = session.options().incarnation;
  for (auto& [id, other] : sessions_) {
    if (!other->alive || other->identity != identity || incarnation == 0) continue;
    if (other->incarnation == 0) continue;
    coverage_.Note(other->reactor == reactor ? Seen::kTakeover : Seen::kTakeoverAcrossReactors);
    other->may_end = "superseded";
  }
  auto s = std::make_unique<ModelSession>();
  s->id = session.id();
  s->session = &session;
  s->reactor = reactor;
  s->identity = identity;
  s->incarnation = incarnation;
  s->can_resume = !session.options().resume_token.empty();
  s->reconnected = reconnected;
  s->since = node_.clock.Now();
  if (incarnation != 0) newest_[identity] = s->id;
  trace_.Add("session # opened on reactor %, reconnected %", s->id, reactor, reconnected);
  return *sessions_.emplace(s->id, std::move(s)).first->second;
}

void Model::Parked(ModelSession& s) {
  trace_.Add("session # parked", s.id);
  s.attended_ns = AttendedTime(s);
  s.attended = false;
}

void Model::ClaimAnswered(ModelSession& s, uint64_t received_through, bool resumed) {
  Check(I8ResumeWhenPossible(s.frames, received_through, swarm_.limits.resume_window_bytes,
                             s.forgotten_through > received_through, resumed));
  if (resumed) return;
  s.may_end = "resume refused";
  coverage_.Note(Seen::kResumeRefusedByWindow);
}

void Model::Resumed(ModelSession& s, uint64_t received_through) {
  trace_.Add("session # resumed after frame %, % written before", s.id, received_through,
             s.frames.size());
  coverage_.Note(Seen::kResumed);
  if (received_through < s.frames.size()) coverage_.Note(Seen::kResumedWithFramesAgain);
  if (s.attended) s.attended_ns = AttendedTime(s);
  s.attended = true;
  s.since = node_.clock.Now();
  s.written = received_through;
}

ModelSession* Model::Find(core::SessionId id) {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void Model::Sync() {
  for (auto& [id, s] : sessions_) {
    if (!s->alive || node_.node.sessions.Find(id)) continue;
    s->alive = false;
    s->session = nullptr;
    trace_.Add("session # is over", id);
    if (s->may_end.empty()) {
      Check(Violation{"I16", "session " + std::to_string(id) + " is gone for no reason"});
    } else if (s->may_end == "grace") {
      coverage_.Note(Seen::kParkedEndedByGrace);
    } else if (s->may_end == "memory") {
      coverage_.Note(Seen::kParkedEndedByMemory);
    }
  }
}

int64_t Model::AttendedTime(const ModelSession& s) const {
  return s.attended_ns + (s.attended ? (node_.clock.Now() - s.since).count() : 0);
}

// ---- subscriptions

ErrorCode Model::Predict(const ModelSession& s, uint32_t id, size_t filter,
                         core::OverflowPolicy policy, bool wants_replay) const {
  if (wants_replay) return ErrorCode::kNoReplay;
  if (policy == core::OverflowPolicy::kUnknown) return ErrorCode::kUnsupportedPolicy;
  if (filter >= swarm_.filters.size()) return ErrorCode::kBadFilter;
  if (const auto found = s.subscriptions.find(id); found != s.subscriptions.end()) {
    const bool same = found->second.filter == filter && found->second.policy == policy;
    return same ? ErrorCode::kNone : ErrorCode::kSubscriptionIdInUse;
  }
  if (s.subscriptions.size() >= swarm_.limits.subscriptions_max) {
    return ErrorCode::kTooManySubscriptions;
  }
  return node_.broker(s.reactor).memory_level() >= core::MemoryLevel::kRefuseSubscribers
             ? ErrorCode::kNodeMemory
             : ErrorCode::kNone;
}

void Model::Subscribe(ModelSession& s, uint32_t id, size_t filter, core::OverflowPolicy policy,
                      bool wants_replay) {
  core::SubscribeResult due{id};
  due.error = Predict(s, id, filter, policy, wants_replay);
  trace_.Add("session # subscribes as % to filter %", s.id, id, filter);
  if (due.error == ErrorCode::kNone) {
    due.lane = static_cast<uint32_t>(policy);
    for (const auto& [other_id, other] : s.subscriptions) {
      if (s.subscriptions.size() > 30) break;  // seen often enough
      if (other_id == id || other.policy != policy) continue;
      coverage_.Note(other.filter == filter ? Seen::kTwins : Seen::kOverlap);
    }
    s.subscriptions.try_emplace(id, ModelSession::Subscription{filter, policy, accepted_ + 1});
    std::optional<LaneHistory>& lane = s.lanes[due.lane];
    if (!lane) lane.emplace(policy, s.reconnected);
    if (policy == core::OverflowPolicy::kDisconnect && s.may_end.empty()) s.may_end = "policy";
  } else {
    due.verdict = core::SubscribeResult::Verdict::kRefused;
    coverage_.Note(due.error == ErrorCode::kNodeMemory            ? Seen::kSubscribeRefusedByMemory
                   : due.error == ErrorCode::kSubscriptionIdInUse ? Seen::kIdInUse
                                                                  : Seen::kBadRequest);
  }
  s.results_due.push_back(due);
  s.session->Subscribe(id, FilterOf(filter), policy, wants_replay);
}

void Model::Unsubscribe(ModelSession& s, uint32_t id) {
  trace_.Add("session # unsubscribes %", s.id, id);
  if (const auto ended = s.subscriptions.find(id); ended != s.subscriptions.end()) {
    // Twins go on with what their lane was given for the sake of the one that ends.
    const ModelSession::Subscription elder = ended->second;
    s.subscriptions.erase(ended);
    for (auto& [other_id, other] : s.subscriptions) {
      if (other.filter != elder.filter || other.policy != elder.policy) continue;
      other.since = std::min(other.since, elder.since);
    }
  }
  s.results_due.push_back({id, core::SubscribeResult::Verdict::kRemoved});
  s.session->Unsubscribe(id);
}

// ---- what holds after each step

uint32_t Model::ActiveSubscribers(size_t topic) const {
  uint32_t count = 0;
  for (const auto& [id, s] : sessions_) {
    if (!s->alive || !s->attended) continue;
    for (const auto& [sub, subscription] : s->subscriptions) {
      count += Matches(subscription.filter, topic) ? 1 : 0;
    }
  }
  return count;
}

void Model::CheckBounds(const ModelSession& s) {
  const core::Session& session = *s.session;
  const auto lanes = static_cast<uint64_t>(
      std::count_if(s.lanes.begin(), s.lanes.end(), [](const auto& l) { return l.has_value(); }));
  // A lane may hold one record of any size.
  const uint64_t bytes = std::max(most_bounds_.bytes_max, swarm_.payload_bytes_max + 1000);
  Check(I16AtMost("queued messages", lanes * most_bounds_.messages_max, session.queued_messages()));
  Check(I16AtMost("queued bytes", lanes * bytes, session.queued_bytes()));
  Check(I16AtMost("bytes kept for a resume", s.can_resume ? swarm_.limits.resume_window_bytes : 0,
                  session.unacknowledged_bytes()));
  Check(I16Equal("subscriptions of a session", s.subscriptions.size(), session.subscriptions()));
  Check(I16Equal("publishes through", s.publishes_through, session.publishes_through()));
}

void Model::CheckStep(size_t topic) {
  std::vector<std::array<uint64_t, 3>> counts(node_.reactors());
  size_t alive = 0;
  for (const auto& [id, s] : sessions_) {
    if (!s->alive) continue;
    ++alive;
    ++counts[s->reactor][0];
    counts[s->reactor][1] += s->attended ? 0 : 1;
    counts[s->reactor][2] += s->subscriptions.size();
    Check(I16Equal("session is attended", s->attended, s->session->attended()));
    CheckBounds(*s);
  }
  Check(I16Equal("sessions in the directory", alive, node_.node.sessions.size()));
  for (size_t i = 0; i < counts.size(); ++i) {
    const core::BrokerCounters& counters = node_.broker(i).counters();
    Check(I16AtMost("sessions", counters.sessions.value(), counts[i][0]));
    Check(I16Equal("parked sessions", counts[i][1], counters.sessions_parked.value()));
    Check(I16Equal("subscriptions", counts[i][2], counters.subscriptions.value()));
  }
  const auto match = node_.node.interest.Find(TopicOf(topic), MatchScope::kAll);
  Check(I16Equal("active subscribers of a topic", ActiveSubscribers(topic), match.subscribers));
}

void Model::CheckRest() {
  for (const RouteHistory& route : routes_) Check(I12RouteCompleteness(route));
  for (const auto& [id, s] : sessions_) {
    if (!s->alive) continue;
    if (s->may_end == "superseded" || s->may_end == "kicked") {
      Check(Violation{
          "I17", "session " + std::to_string(id) + " lives on, though " + std::string(s->may_end)});
    }
    if (!s->attended) continue;
    Check(I17AtMost("messages still queued at rest", 0, s->session->queued_messages()));
    Check(I13Equal("subscribe results still due", 0, s->results_due.size()));
    Check(I13Equal("publish outcomes still due", 0, s->outcomes_due.size()));
    uint64_t told = 0;
    for (const std::optional<LaneHistory>& lane : s->lanes) {
      if (!lane) continue;
      Check(I12Completeness(*lane));
      told += lane->told_dropped();
    }
    Check(I9CountsAreExact(told, s->session->dropped()));
  }
  for (size_t topic = 0; topic < swarm_.topics.size(); ++topic) CheckStep(topic);
}

}  // namespace belfry::sim
