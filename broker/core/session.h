// SPDX-License-Identifier: Apache-2.0
//
// One connected client process: its subscriptions, its lanes, the frames it has not acknowledged,
// and the outcomes it waits for. It is pure: a protocol feeds it operations and brings a sink; the
// broker flushes it at the end of each turn in which it was touched.
//
//               Broker::Open                Broker::Park
//     Hello ───────────────▶ attended ─────────────────────▶ parked ──▶ gone after the grace
//                              ▲  │                            │
//                              │  │ Retire (Goodbye, kicked…)  │ Broker::Claim, Attach
//                              │  ▼                            │
//                              │ over                          │
//                              └───────────────────────────────┘
//
// A parked session goes on gathering: its subscriptions stay routed, its lanes fill within their
// bounds.
// Threads: Confined to its broker's reactor. Ownership: by the protocol's stream while attended, by
// the broker while parked. Errors: by results and sink.Close, never by status.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/lane.h"
#include "broker/core/overflow_policy.h"
#include "broker/core/publish.h"
#include "broker/core/sent_frames.h"
#include "broker/core/session_directory.h"
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
  // See SessionDirectory.
  uint64_t incarnation = 0;
  // Empty: it cannot be resumed, and nothing is kept for that.
  std::string resume_token{};
  // The client asked to resume a session that is gone: its live lanes begin with Gap{RECONNECT}.
  bool reconnected = false;
  // Silence for three of these ends the session's connection, and something is sent at least this
  // often. Zero: off.
  Duration heartbeat{0};
};

class Session {
 public:
  // For Broker::Open, and for tests of the session alone.
  Session(Broker& broker, SessionSink& sink, SessionOptions options, SessionId id = 0);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  SessionId id() const { return id_; }
  const SessionOptions& options() const { return options_; }
  // It came back from elsewhere.
  void set_address(std::string address) { options_.address = std::move(address); }
  SessionDirectory::Client client() const;
  Instant opened_at() const { return opened_at_; }

  // What operators look at.
  size_t subscriptions() const { return subscriptions_.size(); }
  size_t queued_bytes() const;
  size_t queued_messages() const;
  uint64_t dropped() const;
  uint64_t delivered() const { return delivered_; }
  size_t unacknowledged_bytes() const { return sent_.kept_bytes(); }
  Duration oldest_age(Instant now) const;
  // A bound of one of its lanes is half used up, or it lost messages in the last minute.
  bool slow(Instant now) const;

  // Operations. Their results leave with the next flush, before what the new subscriptions bring.
  void Subscribe(uint32_t id, FilterView filter, OverflowPolicy overflow, bool wants_replay);
  void Unsubscribe(uint32_t id);
  // `sequence` 0: the caller takes the outcome itself and no result is sent. A sequence that was
  // taken in before is a retry, and is not published again.
  PublishOutcome Publish(const wire::PublishView& publish, uint64_t sequence);
  // A session uses one producer id, its first. False: this is another.
  [[nodiscard]] bool TakeProducer(std::string_view producer_id);
  const std::string& producer_id() const { return producer_id_; }
  // The last sequence taken in.
  uint64_t publishes_through() const { return publishes_through_; }
  // The client has so many numbered frames. False: more than it was sent.
  [[nodiscard]] bool Acknowledge(uint64_t frames_through);

  // Something arrived from the client: it is alive.
  void Heard(Instant now) { heard_at_ = now; }
  // Whether the protocol reads at all: back-pressure may stop it. Silence counts only while it
  // does.
  void set_listening(bool listening) { listening_ = listening; }
  // The wire has room again, or there is something new to send.
  void Touch();

  // The session is over, though its stream may take a while to close: nothing reaches it any more.
  void Retire();
  bool retired() const { return retired_; }
  // Retires it and closes its connection, if it has one, for this reason.
  void End(ErrorCode reason);

  // The connection gives it up, and another takes it at once.
  void Detach() { sink_ = nullptr; }
  bool attended() const { return sink_ != nullptr; }
  // It has no connection and waits for one: routed, but not active any more.
  void Park(Instant now);
  bool parked() const { return parked_; }
  Instant parked_at() const { return parked_at_; }
  bool CanResume(uint64_t received_through) const {
    return !retired_ && sent_.CanResumeAfter(received_through);
  }
  // Goes on, after frame `received_through`, on another connection. Only if CanResume, and detached
  // or parked.
  void Attach(SessionSink& sink, uint64_t received_through, Instant now);

  // Called by the fan-out.
  void Queue(Lane& lane, const Ref<const Record>& record, Instant now);
  // A gap behind all that waits in the lane: for losses that happened elsewhere.
  void QueueGap(uint32_t lane, const Gap& gap);

  // Called by the broker.
  void Flush(Instant now);
  // False: the client has been silent for too long.
  [[nodiscard]] bool Tick(Instant now);
  // Each lane gives up half of what it holds.
  void ShedHalf();
  // Gives up what it keeps for a resume.
  void ForgetSent() { sent_.Forget(); }
  void set_lane_bounds(const LaneBounds& bounds);
  SessionSink& sink() { return *sink_; }

 private:
  friend class Broker;  // keeps its own marks below

  // A live subscription travels in the lane that has the number of its policy. Lane 0 is that of
  // the default one and of nearly every session.
  static constexpr size_t kLiveLanes = kOverflowPolicies;

  Lane& LaneFor(OverflowPolicy policy);
  template <class Visit>
  void ForEachLane(Visit&& visit) const;
  ErrorCode CheckSubscribe(uint32_t id, FilterView filter, OverflowPolicy overflow,
                           bool wants_replay, const Subscription** known) const;
  void SetParked(bool parked);
  void Trim();
  void Count(const Lane::Pushed& pushed, Instant now);
  void Warn(Lane& lane, Instant now);
  void FlushNotices();
  void FlushSubscribeResults();
  void FlushPublishResults();
  void FlushLanes(Instant now);
  bool FlushOnce(Lane& lane);

  Broker& broker_;
  SessionSink* sink_;
  const SessionId id_;
  SessionOptions options_;
  const Instant opened_at_;
  absl::flat_hash_set<std::unique_ptr<Subscription>, SubscriptionIdHash, SubscriptionIdEqual>
      subscriptions_;
  // By number; those of policies that are in use.
  std::array<std::unique_ptr<Lane>, kLiveLanes> lanes_;
  // Whose turn it is, so that a lane that never empties does not hold up the others.
  size_t next_lane_ = 0;
  // By lane: a warning is due.
  std::array<bool, kLiveLanes> warnings_due_{};
  SentFrames sent_;
  std::vector<SubscribeResult> subscribe_results_;
  PublishResults publish_results_;
  bool publish_results_due_ = false;
  std::string producer_id_;
  uint64_t publishes_through_ = 0;
  uint64_t delivered_ = 0;
  // When it last lost messages; zero: never.
  Instant dropped_at_{};
  bool listening_ = true;
  bool retired_ = false;
  // Why it must end, if it must: found where it cannot be ended.
  ErrorCode doom_ = ErrorCode::kNone;
  Instant heard_at_;
  Instant sent_at_;
  bool parked_ = false;
  Instant parked_at_{};

  // Broker's marks: in the list of touched sessions, its place in the list of all, and in the
  // directory.
  bool touched_ = false;
  bool entered_ = false;
  size_t slot_ = 0;
};

}  // namespace belfry::core
