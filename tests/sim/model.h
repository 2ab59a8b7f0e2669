// SPDX-License-Identifier: Apache-2.0
//
// What the node should be doing, kept beside it: its sessions and their subscriptions, each message
// and where it must go, each frame that was written. Whoever drives the node tells the model what
// it does; the model asks the invariants and keeps the first violation.
//
// It knows a subscription from the moment in which the broker is asked for it, which is stricter
// than the promise (from its SubscribeResult on).
//
// Threads: Confined to the simulation of its seed. Ownership: its core::Session pointers are valid
// while the session is `alive`.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "broker/core/session.h"
#include "tests/sim/coverage.h"
#include "tests/sim/invariants.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/swarm.h"
#include "tests/sim/trace.h"

namespace belfry::sim {

// A message of the simulation; its number is its payload's first eight bytes.
struct SentMessage {
  size_t topic = 0;
  size_t key = 0;
  size_t payload_bytes = 0;
  uint32_t ack = 0;
  bool want_outcome = false;
  // Set when a broker has taken it.
  bool accepted = false;
  // Its place among all that were accepted.
  uint64_t order = 0;
  core::SessionId publisher = 0;
  uint64_t sequence = 0;
};

struct ModelSession {
  struct Subscription {
    size_t filter = 0;
    core::OverflowPolicy policy{};
    // It gets messages that were accepted from here on.
    uint64_t since = 0;
  };
  core::SessionId id = 0;
  core::Session* session = nullptr;
  SimNode::Reactor reactor = 0;
  // Whose it is: (principal, client_id) as one number.
  size_t identity = 0;
  uint64_t incarnation = 0;
  bool can_resume = false;
  bool reconnected = false;
  bool alive = true;
  bool attended = true;
  // Why it may be gone at any time now; empty: it may not.
  std::string_view may_end{};

  std::map<uint32_t, Subscription> subscriptions;
  std::array<std::optional<LaneHistory>, core::kOverflowPolicies> lanes;
  std::deque<core::SubscribeResult> results_due;
  std::map<uint64_t, core::PublishOutcome> outcomes_due;
  uint64_t publishes_through = 0;
  uint64_t ok_told_through = 0;

  FrameLog frames;
  // The last frame that the present connection was given.
  uint64_t written = 0;
  // Frames up to here may have been given up for the node's memory.
  uint64_t forgotten_through = 0;
  // By lane: gaps told in this turn since the last message.
  std::array<uint64_t, core::kOverflowPolicies> gaps_in_a_row{};
  // Of Session::dropped: what has been laid to the lanes.
  uint64_t dropped_known = 0;
  // The time it has been attended, and since when it is.
  int64_t attended_ns = 0;
  Instant since{};
};

class Model {
 public:
  Model(const Swarm& swarm, SimNode& node, Trace& trace, Coverage& coverage);

  void Check(Verdict verdict);
  const Verdict& violation() const { return violation_; }
  bool failed() const { return violation_.has_value(); }

  // ---- sessions
  // After Open, with what it answered; before Opened.
  void OpenAnswered(SimNode::Reactor reactor, size_t identity, uint64_t incarnation,
                    ErrorCode refused);
  ModelSession& Opened(core::Session& session, SimNode::Reactor reactor, size_t identity,
                       bool reconnected);
  void Parked(ModelSession& s);
  void Resumed(ModelSession& s, uint64_t received_through);
  // Before Claim. The answer is judged by ClaimAnswered.
  void ClaimAnswered(ModelSession& s, uint64_t received_through, bool resumed);
  ModelSession* Find(core::SessionId id);
  // Notes which sessions are gone; one that had no reason to is a violation.
  void Sync();
  const std::map<core::SessionId, std::unique_ptr<ModelSession>>& sessions() const {
    return sessions_;
  }

  // ---- operations, done on the broker's session and noted
  void Subscribe(ModelSession& s, uint32_t id, size_t filter, core::OverflowPolicy policy,
                 bool wants_replay);
  void Unsubscribe(ModelSession& s, uint32_t id);
  void Publish(ModelSession& s, uint64_t sequence, uint64_t message);
  void QueuePeerGap(ModelSession& s, size_t lane, size_t topic, uint64_t count);

  uint64_t NewMessage(const SentMessage& message);
  const SentMessage& message(uint64_t id) const { return messages_[id - 1]; }
  bool Matches(size_t filter, size_t topic) const { return matches_[filter][topic]; }
  // What follows the last one is refused.
  FilterView FilterOf(size_t filter) const;
  std::string_view TopicOf(size_t topic) const;

  // ---- turns
  void Turn(SimNode::Reactor reactor, Prng* prng);
  void Tick(SimNode::Reactor reactor);

  // ---- frames written; each returns the frame's number
  uint64_t GivenSubscribeResults(ModelSession& s, std::span<const core::SubscribeResult> results);
  uint64_t GivenPublishResults(ModelSession& s, const core::PublishResults& results);
  uint64_t GivenDeliver(ModelSession& s, uint32_t lane,
                        std::span<const Ref<const core::Record>> records,
                        std::vector<uint64_t>* messages);
  uint64_t GivenGap(ModelSession& s, uint32_t lane, const core::Gap& gap);

  // ---- after each step, and at rest
  void CheckStep(size_t topic);
  void CheckRest();
  // On the way between reactors; and taken in, ever.
  uint64_t unrouted() const;
  uint64_t accepted() const { return accepted_; }
  const std::vector<RouteHistory>& routes() const { return routes_; }
  // Nothing is between reactors, neither in inboxes nor in outboxes.
  bool NoSpill() const;

 private:
  struct Reached {
    ModelSession* session = nullptr;
    // By lane: how many subscriptions match.
    std::array<uint32_t, core::kOverflowPolicies> matches{};
    uint64_t dropped_before = 0;
  };

  // Before the end of a turn.
  struct Reader {
    ModelSession* session = nullptr;
    uint64_t dropped_before = 0;
    bool age_drop_is_due = false;
  };

  ErrorCode Predict(const ModelSession& s, uint32_t id, size_t filter, core::OverflowPolicy policy,
                    bool wants_replay) const;
  ErrorCode PredictPublish(const ModelSession& s, const SentMessage& message) const;
  uint32_t ActiveSubscribers(size_t topic) const;
  // What a message of that topic reaches on a reactor; `order`: its place among all accepted.
  std::vector<Reached> WhoGets(SimNode::Reactor reactor, size_t topic, uint64_t order);
  void Owe(const Reached& reached, uint64_t message);
  void NoteEvictions(LaneHistory& lane, const Message& message, uint64_t dropped, int64_t now);
  void Arrive(SimNode::Reactor from, SimNode::Reactor to, const core::RoutedRecord& routed);
  RouteHistory& Route(SimNode::Reactor from, SimNode::Reactor to);
  Message Describe(uint64_t id) const;
  uint64_t ReadRecord(const core::Record& record);
  int64_t AttendedTime(const ModelSession& s) const;
  void AccountDrops(ModelSession& s);
  void AccountAllDrops(SimNode::Reactor reactor);
  bool NextFrame(ModelSession& s, uint64_t digest, uint64_t bytes);
  void CheckBounds(const ModelSession& s);
  void CheckShed(SimNode::Reactor reactor, uint64_t shed, uint64_t parked_before);
  std::vector<Reader> Readers(SimNode::Reactor reactor);
  void AllowEnds(SimNode::Reactor reactor, std::string_view reason);

  const Swarm& swarm_;
  SimNode& node_;
  Trace& trace_;
  Coverage& coverage_;
  core::LaneBounds least_bounds_;
  core::LaneBounds most_bounds_;
  std::vector<std::vector<bool>> matches_;
  std::vector<SentMessage> messages_;
  uint64_t accepted_ = 0;
  std::map<core::SessionId, std::unique_ptr<ModelSession>> sessions_;
  // By identity: its session of the newest incarnation.
  std::map<size_t, core::SessionId> newest_;
  std::vector<RouteHistory> routes_;
  // In the turn that runs: the node is short of memory.
  // By reactor: the last look at the process's memory that it has answered.
  std::map<SimNode::Reactor, uint64_t> observations_seen_;
  bool shedding_ = false;
  Verdict violation_;
};

}  // namespace belfry::sim
