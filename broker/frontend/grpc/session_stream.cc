// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/session_stream.h"

#include <fmt/format.h>

#include "broker/frontend/grpc/convert.h"
#include "broker/frontend/grpc/deliver_writer.h"
#include "broker/frontend/grpc/entry_limits.h"
#include "broker/frontend/grpc/publish_decoder.h"
#include "broker/frontend/grpc/resume_token.h"
#include "broker/rpc/typed_method.h"
#include "common/topic/topic.h"

namespace belfry::frontend::grpc {
namespace {

constexpr uint32_t kVersion = 1;
constexpr size_t kClientIdBytesMax = 128;
constexpr size_t kProducerIdBytes = 16;
constexpr size_t kResumeTokenBytes = 16;

uint32_t Milliseconds(Duration duration) {
  return static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

Status ProtocolError(std::string_view text) {
  return InvalidArgument(fmt::format("{}: {}", ErrorCodeName(ErrorCode::kProtocolError), text));
}

}  // namespace

SessionStream::SessionStream(const ServiceContext& context, rpc::Call& call)
    : context_(context), call_(call), broker_(&context.broker(call.reactor())) {
  hello_timer_.emplace(call.reactor(), [this] { Close(ErrorCode::kHelloTimeout); });
  hello_timer_->StartOnce(context.hello_timeout);
}

SessionStream::~SessionStream() {
  if (in_intake_) broker_->LeaveIntake(*this);
}

void SessionStream::OnMessage(std::string_view message) {
  if (ended_) return;
  if (session_ != nullptr) session_->Heard(broker_->now());
  std::string_view batch;
  if (session_ != nullptr && FindPublishBatch(message, &batch)) {
    OnPublish(batch);
  } else if (CountEntries(message) > kFrameEntriesMax) {
    End(ProtocolError(fmt::format("a frame holds at most {} entries", kFrameEntriesMax)));
  } else {
    v1::ClientFrame frame;
    if (const Status status = rpc::ParseMessage(message, frame); !status.ok()) {
      End(status);
      return;
    }
    OnFrame(frame);
  }
  UpdateReading();
}

void SessionStream::OnFrame(const v1::ClientFrame& frame) {
  if (session_ == nullptr) {
    if (frame.has_hello()) {
      OnHello(frame.hello());
    } else {
      End(ProtocolError("the first frame must be a Hello"));
    }
    return;
  }
  switch (frame.frame_case()) {
    case v1::ClientFrame::kHello:
      End(ProtocolError("a second Hello on one stream; open a new stream instead"));
      return;
    case v1::ClientFrame::kSubscribe:
      OnSubscribe(frame.subscribe());
      return;
    case v1::ClientFrame::kUnsubscribe:
      for (const uint32_t id : frame.unsubscribe().ids()) session_->Unsubscribe(id);
      return;
    case v1::ClientFrame::kPing: {
      if (!OnAcknowledged(frame.ping().frames_through())) return;
      v1::ServerFrame answer;
      answer.mutable_heartbeat()->set_nonce(frame.ping().nonce());
      Send(answer);
      return;
    }
    case v1::ClientFrame::kAck:
      OnAcknowledged(frame.ack().frames_through());
      return;
    case v1::ClientFrame::kAuth:
      SendNotice(ErrorCode::kUnsupported, 0);
      return;
    case v1::ClientFrame::kGoodbye:
      session_.reset();
      End(Status());
      return;
    case v1::ClientFrame::kPublish:
      // It came with something else in the same frame, so the shortcut did not take it.
      End(ProtocolError("a publish frame holds more than the publish"));
      return;
    case v1::ClientFrame::FRAME_NOT_SET:
      // Of a newer release.
      return;
  }
}

bool SessionStream::OnAcknowledged(uint64_t frames_through) {
  const bool possible = session_->Acknowledge(frames_through);
  if (!possible) End(ProtocolError("it acknowledges frames that were not sent"));
  return possible;
}

Status SessionStream::CheckHello(const v1::Hello& hello) const {
  if (hello.min_version() > kVersion || hello.max_version() < kVersion) {
    return FailedPrecondition(
        fmt::format("{}: this broker speaks version {}, the client {} to {}; upgrade the older one",
                    ErrorCodeName(ErrorCode::kVersionMismatch), kVersion, hello.min_version(),
                    hello.max_version()));
  }
  const std::string& client_id = hello.client_id();
  if (client_id.empty() || client_id.size() > kClientIdBytesMax || !IsPlainText(client_id)) {
    return ProtocolError("Hello.client_id must be 1 to 128 bytes without control characters");
  }
  const size_t token_size = hello.resume_token().size();
  if (token_size != 0 && token_size != kResumeTokenBytes) {
    return ProtocolError("Hello.resume_token must be the 16 bytes of a Welcome, or empty");
  }
  return Status();
}

void SessionStream::OnHello(const v1::Hello& hello) {
  hello_timer_.reset();
  client_id_ = hello.client_id();
  if (const Status status = CheckHello(hello); !status.ok()) return End(status);
  BeginSession(hello);
}

void SessionStream::BeginSession(const v1::Hello& hello) {
  bool moving = false;
  session_ = Resume(hello, &moving);
  if (moving) return;
  const bool resumed = session_ != nullptr;
  if (!resumed) {
    core::SessionOptions options;
    options.client_id = hello.client_id();
    options.principal = call_.peer().principal;
    options.address = call_.peer().address;
    options.incarnation = hello.incarnation();
    options.resume_token = NewResumeToken();
    options.reconnected = !hello.resume_token().empty();
    options.heartbeat = context_.heartbeat;
    ErrorCode refused = ErrorCode::kNone;
    session_ = broker_->Open(*this, std::move(options), &refused);
    if (session_ == nullptr) return Close(refused);
  }
  SendWelcome(resumed);
  if (resumed) {
    session_->set_address(call_.peer().address);
    session_->Attach(*this, hello.received_through(), broker_->now());
  }
  if (broker_->leaving() != ErrorCode::kNone) SendGoAway(broker_->leaving(), 0);
  LogDebug(resumed ? "session resumed" : "session opened", "");
}

std::unique_ptr<core::Session> SessionStream::Resume(const v1::Hello& hello, bool* moving) {
  if (hello.resume_token().empty()) return nullptr;
  const auto place = broker_->node().sessions.FindToResume(
      {call_.peer().principal, hello.client_id(), hello.incarnation(), hello.resume_token()});
  if (!place) return nullptr;
  if (place->reactor == broker_->self()) {
    return broker_->Claim(place->session, hello.received_through());
  }
  // If it cannot move, the client gets a new session here.
  *moving = call_.MoveTo(*context_.reactors[place->reactor]);
  if (*moving) moving_hello_ = hello;
  return nullptr;
}

void SessionStream::OnMoved() {
  broker_ = &context_.broker(call_.reactor());
  const v1::Hello hello = *std::exchange(moving_hello_, std::nullopt);
  // It broke on the way: its session had better wait for the next.
  if (!call_.writable()) return;
  // Meanwhile the session may have gone; then this is an ordinary reconnect.
  BeginSession(hello);
  UpdateReading();
}

void SessionStream::SendWelcome(bool resumed) {
  v1::ServerFrame answer;
  v1::Welcome& welcome = *answer.mutable_welcome();
  welcome.set_version(kVersion);
  welcome.set_node_id(context_.node_id);
  welcome.set_cluster_id(context_.cluster_id);
  welcome.set_resume_token(session_->options().resume_token);
  welcome.set_resumed(resumed);
  welcome.set_publishes_through(session_->publishes_through());
  welcome.set_heartbeat_ms(Milliseconds(context_.heartbeat));
  const core::BrokerLimits& limits = broker_->limits();
  welcome.set_grace_ms(Milliseconds(limits.grace));
  welcome.mutable_limits()->set_payload_bytes(limits.payload_bytes_max);
  welcome.mutable_limits()->set_topic_bytes(static_cast<uint32_t>(limits.topic_bytes_max));
  welcome.mutable_limits()->set_subscriptions(static_cast<uint32_t>(limits.subscriptions_max));
  welcome.mutable_limits()->set_frame_bytes(context_.frame_bytes_max);
  for (const std::string& endpoint : context_.endpoints) welcome.add_endpoints(endpoint);
  Send(answer);
}

void SessionStream::OnSubscribe(const v1::SubscribeBatch& batch) {
  for (const v1::Subscribe& subscribe : batch.subscriptions()) {
    const FilterView filter = FromProto(subscribe.filter());
    session_->Subscribe(subscribe.id(), filter, FromProto(subscribe.overflow()),
                        subscribe.has_start());
  }
}

void SessionStream::OnPublish(std::string_view batch) {
  PublishHead head;
  if (!ParsePublishHead(batch, kPublishBatchFields, &head)) {
    End(ProtocolError("a PublishBatch is malformed"));
    return;
  }
  if (head.messages > kFrameEntriesMax) {
    End(ProtocolError(fmt::format("a PublishBatch holds at most {} messages", kFrameEntriesMax)));
    return;
  }
  if (head.producer_id.size() != kProducerIdBytes || head.first_sequence == 0) {
    End(ProtocolError("a PublishBatch needs a producer_id of 16 bytes and sequences from 1"));
    return;
  }
  if (head.first_sequence > UINT64_MAX - head.messages) {
    End(ProtocolError("the sequences of a PublishBatch are beyond 2^64"));
    return;
  }
  if (!session_->TakeProducer(head.producer_id)) {
    End(ProtocolError("a session uses one producer_id"));
    return;
  }
  if (!in_intake_) {
    in_intake_ = true;
    broker_->JoinIntake(*this);
  }
  uint64_t sequence = head.first_sequence;
  ForEachPublish(batch, kPublishBatchFields.messages,
                 [&](const wire::PublishView& publish) { session_->Publish(publish, sequence++); });
}

void SessionStream::OnHalfClose() {
  if (ended_) return;
  if (session_ != nullptr) session_->Flush(broker_->now());
  session_.reset();
  End(Status());
}

void SessionStream::OnWritable() {
  if (session_ != nullptr) session_->Touch();
  UpdateReading();
}

void SessionStream::OnClosed(const Status& how) {
  const bool may_return = session_ != nullptr && !session_->retired();
  LogDebug(may_return ? "session parked" : "session closed", MessageOf(how));
  ended_ = true;
  hello_timer_.reset();
  moving_hello_.reset();
  // It broke, or was over before: Park knows.
  if (session_ != nullptr) broker_->Park(std::move(session_));
}

void SessionStream::SendSubscribeResults(std::span<const core::SubscribeResult> results) {
  v1::ServerFrame frame;
  auto* out = frame.mutable_subscribed();
  for (const core::SubscribeResult& result : results) ToProto(result, out->add_results());
  Send(frame);
}

void SessionStream::SendPublishResults(const core::PublishResults& results) {
  v1::ServerFrame frame;
  auto* out = frame.mutable_published();
  out->set_producer_id(session_->producer_id());
  out->set_ok_through(results.ok_through);
  for (const core::PublishOutcome& outcome : results.outcomes)
    ToProto(outcome, out->add_outcomes());
  Send(frame);
}

void SessionStream::SendDeliver(uint32_t lane, std::span<const Ref<const core::Record>> records) {
  WriteDeliverFrame(call_, lane, records);
}

void SessionStream::SendGap(uint32_t lane, const core::Gap& gap) {
  v1::ServerFrame frame;
  ToProto(lane, gap, frame.mutable_gap());
  Send(frame);
}

void SessionStream::SendHeartbeat() {
  v1::ServerFrame frame;
  frame.mutable_heartbeat();
  Send(frame);
}

void SessionStream::SendGoAway(ErrorCode reason, uint32_t after_ms) {
  v1::ServerFrame frame;
  ToProto(reason, frame.mutable_go_away()->mutable_reason());
  frame.mutable_go_away()->set_after_ms(after_ms);
  Send(frame);
}

void SessionStream::SendNotice(ErrorCode code, uint32_t lane) {
  v1::ServerFrame frame;
  ToProto(code, frame.mutable_notice()->mutable_error());
  frame.mutable_notice()->set_lane(lane);
  Send(frame);
}

std::unique_ptr<core::Session> SessionStream::Yield() {
  std::unique_ptr<core::Session> session = std::move(session_);
  End(ToStatus(ErrorCode::kSessionMoved));
  return session;
}

void SessionStream::Close(ErrorCode reason) {
  if (context_.session_cuts != nullptr) {
    context_.session_cuts->Warn("session cut", {{"client_id", client_id_},
                                                {"principal", call_.peer().principal},
                                                {"address", call_.peer().address},
                                                {"reason", ErrorCodeName(reason)}});
  }
  // A client that has fallen silent may be there again soon.
  if (reason == ErrorCode::kHeartbeatTimeout) broker_->Park(std::move(session_));
  End(ToStatus(reason));
}

void SessionStream::LogDebug(std::string_view what, std::string_view reason) const {
  if (context_.log == nullptr || !context_.log->Shows(observability::LogLevel::kDebug)) return;
  context_.log->Debug(what, {{"client_id", client_id_},
                             {"principal", call_.peer().principal},
                             {"address", call_.peer().address},
                             {"reason", reason}});
}

void SessionStream::OnIntake(bool open) {
  intake_open_ = open;
  UpdateReading();
}

void SessionStream::Send(const v1::ServerFrame& frame) {
  if (!ended_) rpc::WriteMessage(call_, frame);
}

void SessionStream::End(const Status& status) {
  if (ended_) return;
  ended_ = true;
  hello_timer_.reset();
  // Its stream may take long to close if the peer does not read; the session does not wait for
  // that.
  if (session_ != nullptr) session_->Retire();
  call_.Finish(status);
}

void SessionStream::UpdateReading() {
  if (ended_ || moving_hello_) return;
  const bool reading = intake_open_ && call_.writable();
  if (reading == reading_) return;
  reading_ = reading;
  if (session_ != nullptr) session_->set_listening(reading);
  if (reading) {
    call_.ResumeReading();
  } else {
    call_.PauseReading();
  }
}

}  // namespace belfry::frontend::grpc
