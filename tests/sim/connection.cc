// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/connection.h"

namespace belfry::sim {
namespace {

std::string Principal(size_t identity) { return "p" + std::to_string(identity % 3); }
std::string ClientId(size_t identity) { return "c" + std::to_string(identity); }

}  // namespace

Connection::Connection(World& world, size_t number, SimNode::Reactor reactor)
    : world_(world), number_(number), reactor_(reactor) {}

Connection::~Connection() {
  if (in_intake_) broker().LeaveIntake(*this);
}

// ---- the client's end

void Connection::SendUp(UpFrame frame) {
  if (!closed_ && !ended_) up_.push_back(std::move(frame));
}

DownFrame Connection::ReadDown() {
  const bool was_writable = writable();
  DownFrame frame = std::move(down_.front());
  down_.pop_front();
  if (!was_writable && writable()) {
    if (session_ != nullptr) session_->Touch();
    UpdateReading();
  }
  return frame;
}

void Connection::Abandon() {
  abandoned_ = true;
  if (!down_.empty()) world_.coverage.Note(Seen::kFramesLostInFlight);
}

// ---- the broker's end, as SessionStream

void Connection::Serve(size_t frames) {
  world_.node.set_current(reactor_);
  for (; frames > 0 && can_serve(); --frames) {
    const UpFrame frame = std::move(up_.front());
    up_.pop_front();
    heard_at_ = broker().now();
    if (session_ != nullptr) session_->Heard(heard_at_);
    OnFrame(frame);
    if (world_.model.failed()) return;
    UpdateReading();
  }
}

void Connection::OnFrame(const UpFrame& frame) {
  if (frame.kind == UpFrame::Kind::kHello) {
    hello_ = frame.hello;
    return BeginSession();
  }
  if (session_ == nullptr) return;
  switch (frame.kind) {
    case UpFrame::Kind::kHello:
      return;
    case UpFrame::Kind::kSubscribe:
      for (const UpFrame::Operation& o : frame.operations) {
        world_.model.Subscribe(*state_, o.id, o.filter, o.policy, o.wants_replay);
      }
      return;
    case UpFrame::Kind::kUnsubscribe:
      for (const UpFrame::Operation& o : frame.operations) world_.model.Unsubscribe(*state_, o.id);
      return;
    case UpFrame::Kind::kPublish:
      return OnPublish(frame);
    case UpFrame::Kind::kAck:
    case UpFrame::Kind::kPing:
      world_.model.Check(I8Acknowledged(session_->Acknowledge(frame.frames_through)));
      if (frame.kind == UpFrame::Kind::kPing) Push({DownFrame::Kind::kOther});
      return;
    case UpFrame::Kind::kHalfClose:
      session_->Flush(broker().now());
      if (ended_) return world_.model.Sync();
      [[fallthrough]];
    case UpFrame::Kind::kGoodbye:
      state_->may_end = "goodbye";
      session_.reset();
      world_.model.Sync();
      return End(ErrorCode::kNone);
  }
}

void Connection::OnPublish(const UpFrame& frame) {
  if (!in_intake_) {
    in_intake_ = true;
    broker().JoinIntake(*this);
  }
  if (!session_->TakeProducer("producer of " + ClientId(hello_.identity))) {
    return End(ErrorCode::kProtocolError);
  }
  uint64_t sequence = frame.first_sequence;
  for (const uint64_t message : frame.messages) {
    world_.model.Publish(*state_, sequence++, message);
    if (world_.model.failed()) return;
  }
}

void Connection::BeginSession() {
  heard_at_ = broker().now();
  session_ = Resume();
  if (moving_) return;
  const bool resumed = session_ != nullptr;
  if (!resumed) session_ = OpenNew();
  if (session_ == nullptr) return;
  SendWelcome(resumed);
  if (resumed) {
    world_.model.Resumed(*state_, hello_.received_through);
    session_->Attach(*this, hello_.received_through, broker().now());
  }
  if (broker().leaving() != ErrorCode::kNone) SendGoAway(broker().leaving(), 0);
}

std::unique_ptr<core::Session> Connection::Resume() {
  if (hello_.resume_token.empty()) return nullptr;
  const std::string principal = Principal(hello_.identity);
  const std::string client_id = ClientId(hello_.identity);
  const auto place = world_.node.node.sessions.FindToResume(
      {principal, client_id, hello_.incarnation, hello_.resume_token});
  if (!place) {
    world_.coverage.Note(Seen::kResumeRefusedByGrace);
    return nullptr;
  }
  if (place->reactor != reactor_) {
    if (world_.faults &&
        (!world_.swarm.moves || (world_.swarm.refuses_moves && world_.prng.OneIn(2)))) {
      world_.coverage.Note(Seen::kMoveRefused);
      return nullptr;
    }
    world_.trace.Add("connection # moves to reactor %", number_, place->reactor);
    moving_ = true;
    moving_to_ = place->reactor;
    return nullptr;
  }
  state_ = world_.model.Find(place->session);
  if (state_->attended) world_.coverage.Note(Seen::kResumedFromOldConnection);
  std::unique_ptr<core::Session> session = broker().Claim(place->session, hello_.received_through);
  world_.model.ClaimAnswered(*state_, hello_.received_through, session != nullptr);
  world_.model.Sync();
  if (session == nullptr) state_ = nullptr;
  return session;
}

std::unique_ptr<core::Session> Connection::OpenNew() {
  core::SessionOptions options;
  options.client_id = ClientId(hello_.identity);
  options.principal = Principal(hello_.identity);
  options.incarnation = hello_.incarnation;
  if (!hello_.plain) options.resume_token = "token " + std::to_string(world_.prng.Next());
  options.reconnected = !hello_.resume_token.empty();
  options.heartbeat = world_.swarm.heartbeat;
  if (options.reconnected) world_.coverage.Note(Seen::kReconnected);
  ErrorCode refused = ErrorCode::kNone;
  const bool reconnected = options.reconnected;
  std::unique_ptr<core::Session> session = broker().Open(*this, std::move(options), &refused);
  world_.model.OpenAnswered(reactor_, hello_.identity, hello_.incarnation, refused);
  if (session == nullptr) {
    Close(refused);
    return nullptr;
  }
  state_ = &world_.model.Opened(*session, reactor_, hello_.identity, reconnected);
  world_.model.Sync();
  return session;
}

void Connection::ArriveMoved() {
  moving_ = false;
  reactor_ = moving_to_;
  world_.node.set_current(reactor_);
  world_.coverage.Note(Seen::kResumedOnOtherReactor);
  BeginSession();
  UpdateReading();
}

void Connection::OnClosed() {
  world_.trace.Add("the broker sees that connection # is over", number_);
  world_.node.set_current(reactor_);
  if (!up_.empty()) world_.coverage.Note(Seen::kPublishesLostInFlight);
  closed_ = ended_ = true;
  moving_ = false;
  up_.clear();
  if (session_ != nullptr) ParkSession();
  if (in_intake_) broker().LeaveIntake(*this);
  in_intake_ = false;
}

void Connection::ParkSession() {
  if (state_->alive && (!state_->can_resume || broker().leaving() != ErrorCode::kNone)) {
    state_->may_end = "cannot return";
  } else if (state_->alive) {
    world_.model.Parked(*state_);
  }
  broker().Park(std::move(session_));
  world_.model.Sync();
}

void Connection::UpdateReading() {
  if (ended_) return;
  const bool reading = intake_open_ && writable();
  if (reading == reading_) return;
  reading_ = reading;
  if (session_ != nullptr) session_->set_listening(reading);
}

void Connection::OnIntake(bool open) {
  intake_open_ = open;
  if (!open) world_.coverage.Note(Seen::kIntakeClosed);
  UpdateReading();
}

// ---- frames down

void Connection::Push(DownFrame frame) {
  if (ended_) return;
  sent_at_ = world_.node.clock.Now();
  down_.push_back(std::move(frame));
}

void Connection::CheckLife() {
  if (ended_ || closed_ || session_ == nullptr) return;
  const Duration heartbeat = session_->options().heartbeat;
  if (heartbeat.count() == 0) return;
  const Instant now = broker().now();
  if (!reading_) heard_at_ = now;
  world_.model.Check(I17Heartbeat(now - sent_at_, heartbeat, writable()));
  world_.model.Check(I17Silence(now - heard_at_, heartbeat));
}

void Connection::SendWelcome(bool resumed) {
  DownFrame frame{DownFrame::Kind::kWelcome};
  frame.resumed = resumed;
  frame.resume_token = session_->options().resume_token;
  frame.session = session_->id();
  frame.publishes_through = session_->publishes_through();
  Push(std::move(frame));
}

void Connection::SendSubscribeResults(std::span<const core::SubscribeResult> results) {
  DownFrame frame{DownFrame::Kind::kSubscribeResults};
  if (results.size() == 1024) world_.coverage.Note(Seen::kAnswersSplit);
  frame.number = world_.model.GivenSubscribeResults(*state_, results);
  frame.subscribe_results.assign(results.begin(), results.end());
  Push(std::move(frame));
}

void Connection::SendPublishResults(const core::PublishResults& results) {
  DownFrame frame{DownFrame::Kind::kPublishResults};
  frame.number = world_.model.GivenPublishResults(*state_, results);
  frame.publish_results = results;
  Push(std::move(frame));
}

void Connection::SendDeliver(uint32_t lane, std::span<const Ref<const core::Record>> records) {
  DownFrame frame{DownFrame::Kind::kDeliver};
  frame.lane = lane;
  frame.number = world_.model.GivenDeliver(*state_, lane, records, &frame.messages);
  const bool follows =
      !down_.empty() && down_.back().kind == DownFrame::Kind::kDeliver && down_.back().lane == lane;
  if (follows && world_.swarm.payload_bytes_max > 100'000) {
    world_.coverage.Note(Seen::kDeliverSplit);
  }
  Push(std::move(frame));
}

void Connection::SendGap(uint32_t lane, const core::Gap& gap) {
  DownFrame frame{DownFrame::Kind::kGap};
  frame.lane = lane;
  frame.number = world_.model.GivenGap(*state_, lane, gap);
  Push(std::move(frame));
}

void Connection::SendHeartbeat() {
  world_.coverage.Note(Seen::kHeartbeat);
  Push({DownFrame::Kind::kOther});
}

void Connection::SendGoAway(ErrorCode reason, uint32_t) {
  world_.coverage.Note(Seen::kGoAway);
  DownFrame frame{DownFrame::Kind::kGoAway};
  frame.reason = reason;
  Push(std::move(frame));
}

void Connection::SendNotice(ErrorCode, uint32_t) {
  world_.coverage.Note(Seen::kWarning);
  Push({DownFrame::Kind::kOther});
}

// ---- the end

void Connection::Close(ErrorCode reason) {
  world_.trace.Add("connection # is closed for reason %", number_, static_cast<uint64_t>(reason));
  static constexpr std::pair<ErrorCode, Seen> kReasons[] = {
      {ErrorCode::kSlowSubscriber, Seen::kDisconnectedByPolicy},
      {ErrorCode::kStaleIncarnation, Seen::kStaleRefused},
      {ErrorCode::kKicked, Seen::kKicked},
      {ErrorCode::kHeartbeatTimeout, Seen::kHeartbeatTimeout},
      {ErrorCode::kNodeMemory, Seen::kOpenRefusedByMemory}};
  for (const auto& [code, seen] : kReasons) {
    if (code == reason) world_.coverage.Note(seen);
  }
  if (reason == ErrorCode::kHeartbeatTimeout) ParkSession();
  End(reason);
}

void Connection::End(ErrorCode reason) {
  if (ended_) return;
  DownFrame frame{DownFrame::Kind::kEnd};
  frame.reason = reason;
  down_.push_back(std::move(frame));
  ended_ = true;
  if (session_ != nullptr) {
    if (state_->may_end.empty()) state_->may_end = "connection ended";
    session_->Retire();
  }
}

std::unique_ptr<core::Session> Connection::Yield() {
  world_.trace.Add("connection # yields its session", number_);
  std::unique_ptr<core::Session> session = std::move(session_);
  state_ = nullptr;
  End(ErrorCode::kSessionMoved);
  return session;
}

}  // namespace belfry::sim
