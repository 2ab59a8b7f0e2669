// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/session_machine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "client-lib/src/deadline.h"
#include "client-lib/src/frames.h"
#include "client-lib/src/make_error.h"
#include "client-lib/src/options_check.h"
#include "common/version.h"

namespace belfry::client {
namespace {

constexpr uint32_t kProtocolVersion = 1;
constexpr std::string_view kLibrary = "belfry-cpp";
constexpr std::string_view kLibraryVersion = kVersionText;

// design.md §10: an Ack every 256 KiB, a quarter of the default resume window.
constexpr size_t kAckBytes = size_t{256} << 10;
// After so many silent heartbeat intervals the other side is dead.
constexpr int kSilentIntervals = 3;
// Against a broker that asks for a heartbeat every instant.
constexpr Duration kHeartbeatMin = std::chrono::milliseconds(10);
constexpr Duration kHeartbeatDefault = std::chrono::seconds(5);
// How long outcomes that are under way may hold up a move, and a broker the end of its stream after
// our Goodbye.
constexpr Duration kMoveGrace = std::chrono::seconds(1);
constexpr Duration kGoodbyeGrace = std::chrono::milliseconds(500);
// A session that ends sooner than this after it began backs off like an attempt that failed: a
// broker that welcomes and then fails is not to be tried as fast as it answers.
constexpr Duration kSettledSession = std::chrono::seconds(5);
// Until a broker has named its limits: more than any is set to.
constexpr size_t kPayloadBytesUnknown = size_t{64} << 20;
constexpr size_t kFrameBytesUnknown = kPayloadBytesUnknown + (size_t{1} << 20);

}  // namespace

SessionMachine::SessionMachine(SessionSettings settings)
    : settings_(std::move(settings)),
      endpoints_(settings_.endpoints, settings_.seed),
      backoff_(settings_.seed, settings_.backoff),
      publishes_(settings_.producer_id, settings_.publish_bytes_max),
      payload_bytes_max_(kPayloadBytesUnknown),
      frame_bytes_max_(kFrameBytesUnknown) {}

State SessionMachine::state() const {
  if (closing_) return State::kClosed;
  if (draining_) return State::kDraining;
  if (phase_ == Phase::kLive) return State::kConnected;
  return connects_ > 0 ? State::kReconnecting : State::kConnecting;
}

void SessionMachine::Tick(Instant now, SessionEffects* effects) {
  publishes_.Expire(now, &effects->settled);
  switch (phase_) {
    case Phase::kWaiting:
      if (now < retry_at_) return;
      phase_ = Phase::kOpening;
      give_up_at_ = DeadlineAfter(now, settings_.connect_timeout);
      endpoint_ = endpoints_.Next();
      effects->connect = endpoint_;
      return;
    case Phase::kOpening:
      if (now < give_up_at_) return;
      EndNow(MakeError(ErrorCode::kConnectionLost, "no welcome within connect_timeout"), effects);
      return;
    case Phase::kLive:
      if (now >= last_heard_ + kSilentIntervals * heartbeat_) {
        EndNow(MakeError(ErrorCode::kHeartbeatTimeout), effects);
        return;
      }
      if (now >= ping_at_) {
        ping_due_ = true;
        ping_at_ = now + heartbeat_;
      }
      if (now >= move_at_) {
        move_now_ = moving_;
        moving_ = true;
        move_at_ = move_now_ ? Instant::max() : now + kMoveGrace;
      }
      return;
    case Phase::kEnding:
      if (now < give_up_at_) return;
      give_up_at_ = Instant::max();
      effects->cancel = true;
      return;
    case Phase::kClosed:
      return;
  }
}

Instant SessionMachine::NextDue() const {
  Instant due = publishes_.next_deadline();
  switch (phase_) {
    case Phase::kWaiting:
      return std::min(due, retry_at_);
    case Phase::kOpening:
    case Phase::kEnding:
      return std::min(due, give_up_at_);
    case Phase::kLive:
      return std::min({due, ping_at_, move_at_, last_heard_ + kSilentIntervals * heartbeat_});
    case Phase::kClosed:
      return Instant::max();
  }
  return due;
}

std::optional<OutFrame> SessionMachine::NextFrame(Instant now, SessionEffects* effects) {
  if (write_in_flight_) return std::nullopt;
  std::optional<OutFrame> frame;
  if (phase_ == Phase::kOpening) {
    if (!hello_sent_) frame = Hello();
  } else if (phase_ == Phase::kEnding) {
    if (std::exchange(goodbye_due_, false)) frame = Goodbye(now);
  } else if (phase_ == Phase::kLive) {
    if (ping_due_) {
      frame = PingFrame();
    } else if (ack_due_) {
      frame = AckFrame();
    } else if (moving_) {
      // Only outcomes are waited for now; what has not been sent goes to the next session.
      if (move_now_ || publishes_.idle_in_flight()) {
        phase_ = Phase::kEnding;
        end_reason_ = move_reason_;
        frame = Goodbye(now);
      }
    } else {
      const size_t limit = std::min(frame_bytes_max_, PublishQueue::kFrameBytesMax);
      frame = subscriptions_.NextFrame(limit);
      // A single message may be larger than a usual frame.
      if (!frame) {
        frame = publishes_.TakeFrame(frame_bytes_max_, &effects->settled);
        publishes_in_flight_ = frame.has_value();
      }
    }
  }
  write_in_flight_ = frame.has_value();
  return frame;
}

void SessionMachine::OnWriteDone(SessionEffects* effects) {
  write_in_flight_ = false;
  if (std::exchange(publishes_in_flight_, false)) publishes_.OnWritten(&effects->settled);
}

void SessionMachine::OnNumbered(size_t bytes) {
  ++frames_received_;
  unacknowledged_bytes_ += bytes;
  if (unacknowledged_bytes_ >= kAckBytes) ack_due_ = true;
}

std::optional<bool> SessionMachine::OnWelcome(const v1::Welcome& welcome, Instant now,
                                              SessionEffects* effects) {
  if (phase_ != Phase::kOpening) return std::nullopt;
  phase_ = Phase::kLive;
  ++connects_;
  live_since_ = last_heard_ = now;
  heartbeat_ =
      welcome.heartbeat_ms() == 0
          ? kHeartbeatDefault
          : std::max<Duration>(kHeartbeatMin, std::chrono::milliseconds(welcome.heartbeat_ms()));
  ping_at_ = now + heartbeat_;
  // Those of the broker before do not count any more, even if this one names none.
  const v1::Limits& limits = welcome.limits();
  payload_bytes_max_ = limits.payload_bytes() > 0 ? limits.payload_bytes() : kPayloadBytesUnknown;
  frame_bytes_max_ = limits.frame_bytes() > 0 ? limits.frame_bytes() : kFrameBytesUnknown;

  const bool resumed = welcome.resumed() && !resume_token_.empty();
  if (resumed) {
    publishes_.ResumeAfter(welcome.publishes_through(), &effects->settled);
    subscriptions_.OnResumedSession();
  } else {
    frames_received_ = 0;
    publishes_.LoseInFlight(&effects->settled);
    subscriptions_.OnNewSession();
  }
  unacknowledged_bytes_ = 0;
  resume_token_ = welcome.resume_token();

  StateChange change{state(), endpoint_, welcome.node_id(), resumed, Error()};
  effects->changes.push_back(std::move(change));
  return resumed;
}

void SessionMachine::OnPublished(const v1::PublishResults& results, SessionEffects* effects) {
  publishes_.OnResults(results, &effects->settled);
}

void SessionMachine::OnGoAway(const v1::GoAway& go_away, Instant now) {
  if (phase_ != Phase::kLive || moving_) return;
  move_at_ = std::min(move_at_, now + std::chrono::milliseconds(go_away.after_ms()));
  move_reason_ = FromWire(go_away.reason());
  if (move_reason_.ok()) move_reason_ = MakeError(ErrorCode::kShuttingDown);
  // A target that is none would only cost a failed try, but its text would go to gRPC's resolvers.
  std::vector<std::string> targets;
  std::copy_if(go_away.targets().begin(), go_away.targets().end(), std::back_inserter(targets),
               IsEndpoint);
  endpoints_.Prefer(targets);
}

void SessionMachine::OnNotice(const v1::Notice& notice, SessionEffects* effects) {
  effects->notices.push_back(FromWire(notice.error()));
}

void SessionMachine::OnNonsense(std::string_view what, SessionEffects* effects) {
  if (phase_ != Phase::kOpening && phase_ != Phase::kLive) return;
  EndNow(MakeError(ErrorCode::kProtocolError, what), effects);
}

void SessionMachine::OnClosed(Error reason, Instant now, SessionEffects* effects) {
  const bool moved = moving_;
  const bool settled_session = live_since_ && now - *live_since_ >= kSettledSession;
  live_since_.reset();
  if (!end_reason_.ok()) reason = std::exchange(end_reason_, Error());
  write_in_flight_ = publishes_in_flight_ = hello_sent_ = goodbye_due_ = false;
  ping_due_ = ack_due_ = moving_ = move_now_ = false;
  ping_at_ = move_at_ = give_up_at_ = Instant::max();
  if (closing_) {
    phase_ = Phase::kClosed;
    return;
  }
  phase_ = Phase::kWaiting;
  if (settled_session) backoff_.Reset();
  retry_at_ = moved && settled_session ? now : DeadlineAfter(now, backoff_.Next());
  Change(std::move(reason), effects);
}

void SessionMachine::Drain(SessionEffects* effects) {
  if (draining_ || closing_) return;
  draining_ = true;
  Change(Error(), effects);
}

void SessionMachine::Close(Instant now, SessionEffects* effects) {
  if (closing_) return;
  closing_ = true;
  publishes_.CloseAll(&effects->settled);
  subscriptions_.Clear();
  Change(Error(), effects);
  switch (phase_) {
    case Phase::kWaiting:
      phase_ = Phase::kClosed;
      return;
    case Phase::kOpening:
      EndNow(MakeError(ErrorCode::kClientClosed), effects);
      return;
    case Phase::kLive:
      phase_ = Phase::kEnding;
      goodbye_due_ = true;
      give_up_at_ = now + kGoodbyeGrace;
      return;
    case Phase::kEnding:
    case Phase::kClosed:
      return;
  }
}

OutFrame SessionMachine::Hello() {
  hello_sent_ = true;
  v1::ClientFrame frame;
  v1::Hello* hello = frame.mutable_hello();
  hello->set_min_version(kProtocolVersion);
  hello->set_max_version(kProtocolVersion);
  hello->set_client_id(settings_.client_id);
  hello->set_incarnation(settings_.incarnation);
  hello->set_library(std::string(kLibrary));
  hello->set_library_version(std::string(kLibraryVersion));
  if (!resume_token_.empty()) {
    hello->set_resume_token(resume_token_);
    hello->set_received_through(frames_received_);
  }
  return Encode(frame);
}

OutFrame SessionMachine::PingFrame() {
  // A Ping acknowledges, too.
  ping_due_ = ack_due_ = false;
  unacknowledged_bytes_ = 0;
  v1::ClientFrame frame;
  frame.mutable_ping()->set_nonce(++ping_nonce_);
  frame.mutable_ping()->set_frames_through(frames_received_);
  return Encode(frame);
}

OutFrame SessionMachine::AckFrame() {
  ack_due_ = false;
  unacknowledged_bytes_ = 0;
  v1::ClientFrame frame;
  frame.mutable_ack()->set_frames_through(frames_received_);
  return Encode(frame);
}

OutFrame SessionMachine::Goodbye(Instant now) {
  give_up_at_ = now + kGoodbyeGrace;
  v1::ClientFrame frame;
  frame.mutable_goodbye()->set_reason(closing_ ? "closed" : "asked to leave");
  return Encode(frame);
}

void SessionMachine::EndNow(Error reason, SessionEffects* effects) {
  phase_ = Phase::kEnding;
  end_reason_ = std::move(reason);
  // Nothing more is due: the cancelled transport reports OnClosed by itself.
  give_up_at_ = Instant::max();
  effects->cancel = true;
}

void SessionMachine::Change(Error reason, SessionEffects* effects) {
  effects->changes.push_back(StateChange{state(), endpoint_, "", false, std::move(reason)});
}

}  // namespace belfry::client
