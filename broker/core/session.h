// SPDX-License-Identifier: Apache-2.0
//
// One connected client process: its subscriptions, its lanes, and the outcomes it waits for. It is
// pure: a protocol feeds it operations and brings a sink; the broker flushes it at the end of each
// turn in which it was touched.
//
// Lifecycle: made by the protocol when the client has said who it is; the destructor takes every
// subscription back. Threads: Confined to its broker's reactor. Ownership: by the protocol's
// stream; the broker and the sink outlive it.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <memory>
#include <string>
#include <vector>

#include "broker/core/lane.h"
#include "broker/core/overflow_policy.h"
#include "broker/core/publish.h"
#include "broker/core/session_sink.h"
#include "broker/core/subscription.h"
#include "common/clock.h"
#include "common/topic/filter.h"
#include "common/wire/message_view.h"

namespace belfry::core {

class Broker;

struct SessionOptions {
  std::string client_id{};
  // As authenticated; stamped into what it publishes.
  std::string principal{};
  // Where it connected from.
  std::string address{};
  // The client asked to resume a session that is gone: its live lane begins with Gap{RECONNECT}.
  bool reconnected = false;
  // Silence for three of these ends the session, and something is sent at least this often. Zero:
  // off.
  Duration heartbeat{0};
};

class Session {
 public:
  Session(Broker& broker, SessionSink& sink, SessionOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const SessionOptions& options() const { return options_; }
  size_t subscriptions() const { return subscriptions_.size(); }
  size_t queued_bytes() const { return live_lane_.queued_bytes(); }

  // Operations. Their results leave with the next flush, before what the new subscriptions bring.
  void Subscribe(uint32_t id, FilterView filter, OverflowPolicy overflow, bool wants_replay);
  void Unsubscribe(uint32_t id);
  // `sequence` 0: the caller takes the outcome itself and no result is sent.
  PublishOutcome Publish(const wire::PublishView& publish, uint64_t sequence);

  // Something arrived from the client: it is alive.
  void Heard(Instant now) { heard_at_ = now; }
  // The session is over, though its stream may take a while to close: nothing reaches it any more.
  void Retire();
  // Whether the protocol reads at all: back-pressure may stop it. Silence counts only while it does.
  void set_listening(bool listening) { listening_ = listening; }
  // The wire has room again, or there is something new to send.
  void Touch();

  // Called by the fan-out.
  void Queue(Lane& lane, Ref<const Record> record, Instant now);
  // A gap behind all that waits in the lane: for losses that happened elsewhere.
  void QueueGap(uint32_t lane, Gap gap);

  // Called by the broker.
  void Flush(Instant now);
  void Tick(Instant now);
  void set_lane_bounds(const LaneBounds& bounds) { live_lane_.set_bounds(bounds); }
  SessionSink& sink() { return sink_; }

 private:
  friend class Broker;  // keeps its own marks below

  // The lane of all live subscriptions with the default policy.
  static constexpr uint32_t kLiveLane = 0;

  ErrorCode CheckSubscribe(uint32_t id, FilterView filter, OverflowPolicy overflow,
                           bool wants_replay, bool* known) const;
  void FlushResults(Instant now);
  void FlushPublishResults();
  void FlushLane(uint32_t id, Lane& lane);

  Broker& broker_;
  SessionSink& sink_;
  const SessionOptions options_;
  absl::flat_hash_set<std::unique_ptr<Subscription>, SubscriptionIdHash, SubscriptionIdEqual>
      subscriptions_;
  Lane live_lane_;
  bool gap_owed_;
  std::vector<SubscribeResult> subscribe_results_;
  PublishResults publish_results_;
  bool publish_results_due_ = false;
  bool listening_ = true;
  bool retired_ = false;
  Instant heard_at_;
  Instant sent_at_;

  // Broker's marks: in the list of touched sessions, and its place in the list of all.
  bool touched_ = false;
  size_t slot_ = 0;
};

}  // namespace belfry::core
