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

uint32_t Milliseconds(Duration duration) {
  return static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

Status ProtocolError(std::string_view text) {
  return InvalidArgument(fmt::format("{}: {}", ErrorCodeName(ErrorCode::kProtocolError), text));
}

}  // namespace

SessionStream::SessionStream(const ServiceContext& context, rpc::Call& call)
    : context_(context), call_(call), broker_(context.broker(call.reactor())) {
  hello_timer_.emplace(call.reactor(), [this] { Close(ErrorCode::kHelloTimeout); });
  hello_timer_->StartOnce(context.hello_timeout);
}

SessionStream::~SessionStream() {
  if (in_intake_) broker_.LeaveIntake(*this);
}

void SessionStream::OnMessage(std::string_view message) {
  if (ended_) return;
  if (session_ != nullptr) session_->Heard(broker_.now());
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
      v1::ServerFrame answer;
      answer.mutable_heartbeat()->set_nonce(frame.ping().nonce());
      Send(answer);
      return;
    }
    case v1::ClientFrame::kAuth: {
      v1::ServerFrame answer;
      ToProto(ErrorCode::kUnsupported, answer.mutable_notice()->mutable_error());
      Send(answer);
      return;
    }
    case v1::ClientFrame::kGoodbye:
      session_.reset();
      End(Status());
      return;
    case v1::ClientFrame::kPublish:
      // It came with something else in the same frame, so the shortcut did not take it.
      End(ProtocolError("a publish frame holds more than the publish"));
      return;
    case v1::ClientFrame::kAck:
    case v1::ClientFrame::FRAME_NOT_SET:
      // Nothing is kept for a resume in this release; an unknown frame is of a newer one.
      return;
  }
}

void SessionStream::OnHello(const v1::Hello& hello) {
  if (hello.min_version() > kVersion || hello.max_version() < kVersion) {
    End(FailedPrecondition(
        fmt::format("{}: this broker speaks version {}, the client {} to {}; upgrade the older one",
                    ErrorCodeName(ErrorCode::kVersionMismatch), kVersion, hello.min_version(),
                    hello.max_version())));
    return;
  }
  const std::string& client_id = hello.client_id();
  if (client_id.empty() || client_id.size() > kClientIdBytesMax || !IsPlainText(client_id)) {
    End(ProtocolError("Hello.client_id must be 1 to 128 bytes without control characters"));
    return;
  }
  hello_timer_.reset();
  core::SessionOptions options;
  options.client_id = client_id;
  options.principal = call_.peer().principal;
  options.address = call_.peer().address;
  options.reconnected = !hello.resume_token().empty();
  options.heartbeat = context_.heartbeat;
  session_ = std::make_unique<core::Session>(broker_, *this, std::move(options));

  v1::ServerFrame answer;
  v1::Welcome& welcome = *answer.mutable_welcome();
  welcome.set_version(kVersion);
  welcome.set_node_id(context_.node_id);
  welcome.set_cluster_id(context_.cluster_id);
  welcome.set_resume_token(NewResumeToken());
  welcome.set_heartbeat_ms(Milliseconds(context_.heartbeat));
  welcome.mutable_limits()->set_payload_bytes(broker_.limits().payload_bytes_max);
  welcome.mutable_limits()->set_topic_bytes(
      static_cast<uint32_t>(broker_.limits().topic_bytes_max));
  welcome.mutable_limits()->set_subscriptions(
      static_cast<uint32_t>(broker_.limits().subscriptions_max));
  welcome.mutable_limits()->set_frame_bytes(context_.frame_bytes_max);
  for (const std::string& endpoint : context_.endpoints) welcome.add_endpoints(endpoint);
  Send(answer);
  if (broker_.leaving() != ErrorCode::kNone) SendGoAway(broker_.leaving(), 0);
  LogDebug("session opened", "");
}

void SessionStream::OnSubscribe(const v1::SubscribeBatch& batch) {
  for (const v1::Subscribe& subscribe : batch.subscriptions()) {
    const FilterView filter = FromProto(subscribe.filter());
    session_->Subscribe(subscribe.id(), filter,
                        FromProto(subscribe.overflow()),
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
  if (producer_id_.empty()) {
    producer_id_ = head.producer_id;
  } else if (producer_id_ != head.producer_id) {
    End(ProtocolError("a session uses one producer_id"));
    return;
  }
  if (!in_intake_) {
    in_intake_ = true;
    broker_.JoinIntake(*this);
  }
  uint64_t sequence = head.first_sequence;
  ForEachPublish(batch, kPublishBatchFields.messages, [&](const wire::PublishView& publish) {
    session_->Publish(publish, sequence++);
  });
}

void SessionStream::OnHalfClose() {
  if (ended_) return;
  if (session_ != nullptr) session_->Flush(broker_.now());
  session_.reset();
  End(Status());
}

void SessionStream::OnWritable() {
  if (session_ != nullptr) session_->Touch();
  UpdateReading();
}

void SessionStream::OnClosed(const Status& how) {
  LogDebug("session closed", MessageOf(how));
  ended_ = true;
  hello_timer_.reset();
  session_.reset();
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
  out->set_producer_id(producer_id_);
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

void SessionStream::Close(ErrorCode reason) {
  if (context_.session_cuts != nullptr) {
    context_.session_cuts->Warn("session cut", {{"client_id", client_id()},
                                                {"principal", call_.peer().principal},
                                                {"address", call_.peer().address},
                                                {"reason", ErrorCodeName(reason)}});
  }
  End(ToStatus(reason));
}

std::string_view SessionStream::client_id() const {
  return session_ != nullptr ? std::string_view(session_->options().client_id) : "";
}

void SessionStream::LogDebug(std::string_view what, std::string_view reason) const {
  if (context_.log == nullptr || !context_.log->Shows(observability::LogLevel::kDebug)) return;
  context_.log->Debug(what, {{"client_id", client_id()},
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
  // Its stream may take long to close if the peer does not read; the session does not wait for that.
  if (session_ != nullptr) session_->Retire();
  call_.Finish(status);
}

void SessionStream::UpdateReading() {
  if (ended_) return;
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
