// SPDX-License-Identifier: Apache-2.0
//
// A session's life without network, threads or locks: what happened goes in, what is to be done
// comes out.
//
//             Tick: time to try          Welcome
//   kWaiting ----------------> kOpening ---------> kLive
//      ^                          |                  | Goodbye, dead, malformed frame, Close
//      |  OnClosed                v                  v
//      +---------------------- kEnding <-------------+        OnClosed after Close -> kClosed
//
// A new attempt starts only after the last transport reported OnClosed, so frames of two sessions
// never mix.
// Threads: Confined to the holder of ClientCore's mutex. Time is passed in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "belfry/error.h"
#include "belfry/state.h"
#include "belfry/v1/broker.pb.h"
#include "client-lib/src/endpoint_ring.h"
#include "client-lib/src/publish_queue.h"
#include "client-lib/src/subscription_ledger.h"
#include "client-lib/src/transport.h"
#include "common/backoff.h"
#include "common/clock.h"

namespace belfry::client {

struct SessionSettings {
  std::string client_id;
  // The client's start; the greater takes the client_id over.
  uint64_t incarnation = 0;
  // 16 random bytes.
  std::string producer_id;
  std::vector<std::string> endpoints;
  Duration connect_timeout = std::chrono::seconds(5);
  Backoff::Bounds backoff;
  size_t publish_bytes_max = 0;
  // For the shuffle and the jitter.
  uint64_t seed = 0;
};

// What is to be done once the mutex is free.
struct SessionEffects {
  // Start a transport to this endpoint, and report OnClosed if that is not possible.
  std::optional<std::string> connect;
  bool cancel = false;
  std::vector<SettledPublish> settled;
  std::vector<StateChange> changes;
  std::vector<Error> notices;
};

class SessionMachine {
 public:
  explicit SessionMachine(SessionSettings settings);

  PublishQueue& publishes() { return publishes_; }
  SubscriptionLedger& subscriptions() { return subscriptions_; }
  const PublishQueue& publishes() const { return publishes_; }
  const SubscriptionLedger& subscriptions() const { return subscriptions_; }

  State state() const;
  bool opening() const { return phase_ == Phase::kOpening; }
  bool closing() const { return closing_; }
  // New publishes.
  bool taking() const { return !draining_ && !closing_; }
  // The attempt under way was welcomed, and has not reported OnClosed.
  bool in_session() const { return live_since_.has_value(); }
  // Closed, and no transport is left.
  bool over() const { return phase_ == Phase::kClosed; }
  size_t payload_bytes_max() const { return payload_bytes_max_; }
  uint64_t connects() const { return connects_; }

  void Tick(Instant now, SessionEffects* effects);
  // Not later than when Tick has something to do; max() for nothing.
  Instant NextDue() const;

  // What to write now, if the transport is free.
  std::optional<OutFrame> NextFrame(Instant now, SessionEffects* effects);
  void OnWriteDone(SessionEffects* effects);

  // Anything was heard.
  void OnHeard(Instant now) { last_heard_ = now; }
  // A numbered frame of `bytes` was taken in.
  void OnNumbered(size_t bytes);
  // Whether the session is resumed; nothing if no Welcome was waited for, and it is not taken.
  std::optional<bool> OnWelcome(const v1::Welcome& welcome, Instant now, SessionEffects* effects);
  void OnPublished(const v1::PublishResults& results, SessionEffects* effects);
  void OnGoAway(const v1::GoAway& go_away, Instant now);
  void OnNotice(const v1::Notice& notice, SessionEffects* effects);
  // The broker said something that it must not.
  void OnNonsense(std::string_view what, SessionEffects* effects);
  void OnClosed(Error reason, Instant now, SessionEffects* effects);

  void Drain(SessionEffects* effects);
  // Settles everything. The transport, if there is one, is given a moment to say Goodbye.
  void Close(Instant now, SessionEffects* effects);

 private:
  enum class Phase { kWaiting, kOpening, kLive, kEnding, kClosed };

  OutFrame Hello();
  OutFrame PingFrame();
  OutFrame AckFrame();
  OutFrame Goodbye(Instant now);
  void EndNow(Error reason, SessionEffects* effects);
  void Change(Error reason, SessionEffects* effects);

  const SessionSettings settings_;
  EndpointRing endpoints_;
  Backoff backoff_;
  PublishQueue publishes_;
  SubscriptionLedger subscriptions_;

  Phase phase_ = Phase::kWaiting;
  bool closing_ = false;
  bool draining_ = false;
  uint64_t connects_ = 0;
  // kWaiting: when to try.
  Instant retry_at_;
  // kOpening: until when. kEnding: when to stop waiting for the broker to end the stream.
  Instant give_up_at_ = Instant::max();
  // Why this side ended the stream; the transport's own reason says less.
  Error end_reason_;

  // Of the attempt under way.
  std::string endpoint_;
  bool write_in_flight_ = false;
  // What is in flight is a batch of publishes.
  bool publishes_in_flight_ = false;
  bool hello_sent_ = false;
  bool goodbye_due_ = false;

  // Of the session, across breaks.
  std::string resume_token_;
  uint64_t frames_received_ = 0;
  size_t unacknowledged_bytes_ = 0;
  bool ack_due_ = false;
  size_t payload_bytes_max_;
  size_t frame_bytes_max_;

  // From Welcome to OnClosed.
  std::optional<Instant> live_since_;
  // kLive.
  Instant last_heard_;
  Duration heartbeat_ = std::chrono::seconds(5);
  Instant ping_at_ = Instant::max();
  bool ping_due_ = false;
  uint64_t ping_nonce_ = 0;
  // GoAway: when to leave, and whether that has begun.
  Instant move_at_ = Instant::max();
  bool moving_ = false;
  bool move_now_ = false;
  Error move_reason_;
};

}  // namespace belfry::client
