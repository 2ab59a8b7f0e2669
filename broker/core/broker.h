// SPDX-License-Identifier: Apache-2.0
//
// The core of one reactor: takes publishes in, finds who wants them in the node's interest table,
// fans out to its own sessions and hands the record to other destinations. A pure state machine:
// time comes from a clock, output goes to sinks and destinations, and whoever drives it calls
// EndTurn and Tick. In the daemon a reactor does; in tests and simulation a hand.
//
// Threads: Confined to its reactor, but for counters(), which any thread may read. Ownership: the
// node's interest table, the clock, destinations and sessions belong to others and are outlived by
// them as ~Broker's check says.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "broker/core/counter.h"
#include "broker/core/destination.h"
#include "broker/core/fanout.h"
#include "broker/core/interest_table.h"
#include "broker/core/lane.h"
#include "broker/core/outbox.h"
#include "broker/core/publish.h"
#include "broker/core/session.h"
#include "common/clock.h"
#include "common/wire/message_view.h"

namespace belfry::core {

struct BrokerLimits {
  size_t payload_bytes_max = 1 << 20;
  size_t topic_bytes_max = kTopicBytesDefault;
  // Key and headers together. Receivers in other languages refuse messages over 4 MiB, so nothing beside
  // the payload may grow without bound either.
  size_t attributes_bytes_max = 32 << 10;
  // Of one session.
  size_t subscriptions_max = 1'000'000;
};

// Told when the reactor must stop reading from publishers, and when it may go on.
class Intake {
 public:
  virtual ~Intake() = default;
  virtual void OnIntake(bool open) = 0;
};

class Broker {
 public:
  Broker(DestinationId self, InterestTable& interest, const Clock& clock, BrokerLimits limits,
         LaneBounds lane_bounds);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  // Where records for this destination go. Before the first publish.
  void Connect(DestinationId id, Destination& destination);

  // Takes a message in. The principal is stamped as its publisher.
  PublishOutcome Publish(const wire::PublishView& publish, std::string_view principal);
  // A record from another reactor or a peer, for this reactor's sessions.
  void Receive(const Ref<const Record>& record);

  // Sends what this turn gathered: records to other destinations, frames to touched sessions.
  void EndTurn();
  // About once a second: ages, heartbeats.
  void Tick();
  // Asks every session to leave, spread over the window; from then on also each that comes, at once.
  void GoAway(ErrorCode reason, Duration window);

  // A publisher's connection takes part in back-pressure from its first publish to its end.
  void JoinIntake(Intake& intake);
  void LeaveIntake(Intake& intake);
  bool intake_open() const { return spilling_outboxes_ == 0; }

  const BrokerLimits& limits() const { return limits_; }
  const LaneBounds& lane_bounds() const { return lane_bounds_; }
  void set_lane_bounds(const LaneBounds& bounds);
  BrokerCounters& counters() { return counters_; }
  const BrokerCounters& counters() const { return counters_; }
  InterestTable& interest() { return interest_; }
  Instant now() const { return clock_.Now(); }

  // For Session.
  void Attach(Session& session);
  ErrorCode leaving() const { return leaving_; }
  void Detach(Session& session);
  void AddSubscription(Subscription& subscription);
  void RemoveSubscription(Subscription& subscription);
  void NoteTouched(Session& session) { touched_.push_back(&session); }
  std::vector<Ref<const Record>>& scratch() { return scratch_; }

 private:
  ErrorCode CheckPublish(const wire::PublishView& publish) const;
  void OnSpillChanged();

  const DestinationId self_;
  InterestTable& interest_;
  const Clock& clock_;
  const BrokerLimits limits_;
  LaneBounds lane_bounds_;
  Fanout fanout_;
  // By destination; none at self_.
  std::vector<std::unique_ptr<Outbox>> outboxes_;
  size_t spilling_outboxes_ = 0;
  std::vector<Intake*> intakes_;
  // Set by GoAway.
  ErrorCode leaving_ = ErrorCode::kNone;
  std::vector<Session*> sessions_;
  std::vector<Session*> touched_;
  // Kept for their capacity.
  std::vector<Session*> flushing_;
  std::vector<Ref<const Record>> scratch_;
  BrokerCounters counters_;
};

}  // namespace belfry::core
