// SPDX-License-Identifier: Apache-2.0
//
// The core of one reactor: takes publishes in, finds who wants them in the node's interest table,
// fans out to its own sessions and hands the record to other destinations. A pure state machine:
// time comes from a clock, output goes to sinks and destinations, and whoever drives it calls
// EndTurn and Tick. In the daemon a reactor does; in tests and simulation a hand.
//
// Threads: Confined to its reactor, but for counters(), which any thread may read. Ownership: the
// node, the clock and destinations belong to others and outlive it; attended sessions belong to
// their streams and are gone before it; parked sessions are its own.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>

#include <list>
#include <memory>
#include <string_view>
#include <vector>

#include "broker/core/counter.h"
#include "broker/core/destination.h"
#include "broker/core/fanout.h"
#include "broker/core/lane.h"
#include "broker/core/node.h"
#include "broker/core/outbox.h"
#include "broker/core/publish.h"
#include "broker/core/session.h"
#include "broker/core/topic_ledger.h"
#include "common/clock.h"
#include "common/wire/message_view.h"

namespace belfry::core {

struct BrokerLimits {
  size_t payload_bytes_max = 1 << 20;
  size_t topic_bytes_max = kTopicBytesDefault;
  // Key and headers together. Receivers in other languages refuse messages over 4 MiB, so nothing
  // beside the payload may grow without bound either.
  size_t attributes_bytes_max = 32 << 10;
  // Of one session.
  size_t subscriptions_max = 1'000'000;
  // How long a session waits for its client to come back, and how much of what it sent it keeps for
  // that.
  Duration grace = std::chrono::seconds(30);
  size_t resume_window_bytes = 1 << 20;
  // How many may wait on one reactor; beyond that the one that has waited longest ends.
  size_t parked_max = 10'000;
  // Of the whole node: see TopicLedger.
  size_t topics_max = 100'000;
};

// Told when the reactor must stop reading from publishers, and when it may go on.
class Intake {
 public:
  virtual ~Intake() = default;
  virtual void OnIntake(bool open) = 0;
};

class Broker {
 public:
  Broker(DestinationId self, Node& node, const Clock& clock, BrokerLimits limits,
         LaneBounds lane_bounds);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Where records for this destination go. Before the first publish.
  void Connect(DestinationId id, Destination& destination);

  // Takes a message in. The principal is stamped as its publisher.
  PublishOutcome Publish(const wire::PublishView& publish, std::string_view principal);
  // A record from another reactor or a peer, for this reactor's sessions.
  void Receive(const RoutedRecord& routed);

  // A session for a client that has said who it is. An older incarnation of the client loses its
  // own. Null: refused, for the reason left in `*refused`.
  std::unique_ptr<Session> Open(SessionSink& sink, SessionOptions options, ErrorCode* refused);
  // The session's connection is gone: it waits for another for the grace, if it can be resumed.
  void Park(std::unique_ptr<Session> session);
  // The session of this reactor, for a client that has `received_through` of its frames and comes
  // back; taken from its old connection if that is still there. Attach it next. Null: it is gone,
  // or no longer has all later frames; then it has ended, and what it was owed is lost.
  std::unique_ptr<Session> Claim(SessionId id, uint64_t received_through);
  // Ends the session, if it is here, attended or parked. False: it is not.
  bool EndSession(SessionId id, ErrorCode reason);

  // Sends what this turn gathered: records to other destinations, frames to touched sessions.
  void EndTurn();
  // About once a second: ages, heartbeats, the grace of parked sessions.
  void Tick();
  // Asks every session to leave, spread over the window; from then on also each that comes, at
  // once.
  void GoAway(ErrorCode reason, Duration window);

  // Ends every session now: the window is over.
  void EndAllSessions(ErrorCode reason);

  // A publisher's connection takes part in back-pressure from its first publish to its end.
  void JoinIntake(Intake& intake);
  void LeaveIntake(Intake& intake);
  bool intake_open() const { return spilling_outboxes_ == 0; }

  const BrokerLimits& limits() const { return limits_; }
  const LaneBounds& lane_bounds() const { return lane_bounds_; }
  void set_lane_bounds(const LaneBounds& bounds);
  BrokerCounters& counters() { return counters_; }
  const BrokerCounters& counters() const { return counters_; }
  Node& node() { return node_; }
  Instant now() const { return clock_.Now(); }
  DestinationId self() const { return self_; }
  // As of the last turn.
  MemoryLevel memory_level() const { return memory_level_; }
  // All that live here, parked ones included, in no order.
  const std::vector<Session*>& sessions() const { return sessions_; }
  // For operators, who walk through them in steps: the session with this number, and the one with
  // the next greater number. Null: there is none. Sessions that are over are not among them.
  const Session* FindSession(SessionId id) const { return Find(id); }
  const Session* NextSession(SessionId after) const;
  const TopicLedger& topics() const { return topics_; }

  // For Session.
  void AddSession(Session& session);
  void RemoveSession(Session& session);
  ErrorCode leaving() const { return leaving_; }
  void AddSubscription(Subscription& subscription);
  void RemoveSubscription(Subscription& subscription);
  void ChangeActive(FilterView filter, int32_t by);
  void LeaveDirectory(Session& session);
  void NoteTouched(Session& session) { touched_.push_back(&session); }
  std::vector<Ref<const Record>>& scratch() { return scratch_; }

 private:
  ErrorCode CheckPublish(const wire::PublishView& publish) const;
  uint64_t ChangeInterest(FilterView filter, InterestDelta delta);
  void NoteTopic(TopicLedger::Place place, std::string_view topic, uint64_t hash);
  void OnSpillChanged();
  void EndSuperseded(const SessionDirectory::Place& older);
  Session* Find(SessionId id) const;
  std::unique_ptr<Session> Unpark(SessionId id);
  void EndFirstParked();
  // Before its grace is over.
  void GiveUpFirstParked();
  void EndOverdue(Instant now);
  void FlushTouched();
  void ShedMemory();
  size_t QueuedBytes() const;

  const DestinationId self_;
  Node& node_;
  const Clock& clock_;
  const BrokerLimits limits_;
  LaneBounds lane_bounds_;
  Fanout fanout_;
  TopicLedger topics_;
  // By destination; none at self_.
  std::vector<std::unique_ptr<Outbox>> outboxes_;
  size_t spilling_outboxes_ = 0;
  std::vector<Intake*> intakes_;
  // Set by GoAway.
  ErrorCode leaving_ = ErrorCode::kNone;
  std::vector<Session*> sessions_;
  // Those opened by Open, which have a number.
  absl::btree_map<SessionId, Session*> by_id_;
  // In the order in which they were parked, which is the order in which their graces end.
  std::list<std::unique_ptr<Session>> parked_;
  absl::flat_hash_map<SessionId, std::list<std::unique_ptr<Session>>::iterator> parked_places_;
  MemoryLevel memory_level_ = MemoryLevel::kCalm;
  // What was charged, and how often the rest had been observed, when memory was shed last.
  size_t shed_charged_ = 0;
  uint64_t shed_observation_ = 0;
  std::vector<Session*> touched_;
  // Kept for their capacity.
  std::vector<Session*> flushing_;
  std::vector<Session*> silent_;
  std::vector<Ref<const Record>> scratch_;
  BrokerCounters counters_;
};

}  // namespace belfry::core
