// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scripted_grpc_broker.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

namespace belfry::test {

ScriptedStream::ScriptedStream(std::function<Play()> play) : play_(std::move(play)) {
  StartRead(&incoming_);
}

void ScriptedStream::SayBytes(std::string bytes) {
  const grpc::Slice slice(bytes);
  std::unique_lock lock(mutex_);
  if (end_) return;
  outgoing_.emplace_back(&slice, 1);
  Next(std::move(lock));
}

void ScriptedStream::End(grpc::Status status) {
  std::unique_lock lock(mutex_);
  if (!end_) end_ = std::move(status);
  Next(std::move(lock));
}

void ScriptedStream::Next(std::unique_lock<std::mutex> lock) {
  if (writing_ || finished_) return;
  if (!outgoing_.empty()) {
    writing_ = true;
    StartWrite(&outgoing_.front());
  } else if (end_) {
    finished_ = true;
    // It may be the last that is heard of this object.
    const grpc::Status status = *end_;
    lock.unlock();
    Finish(status);
  }
}

void ScriptedStream::OnReadDone(bool ok) {
  if (!ok) return End(grpc::Status::OK);
  grpc::Slice slice;
  v1::ClientFrame frame;
  if (incoming_.DumpToSingleSlice(&slice).ok() &&
      frame.ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    play_()(*this, frame);
  }
  incoming_.Clear();
  const std::lock_guard lock(mutex_);
  if (!end_) StartRead(&incoming_);
}

void ScriptedStream::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  writing_ = false;
  outgoing_.pop_front();
  if (!ok) outgoing_.clear();
  Next(std::move(lock));
}

grpc::ServerGenericBidiReactor* ScriptedGrpcBroker::Service::CreateReactor(
    grpc::GenericCallbackServerContext*) {
  ++broker_.streams_;
  return new ScriptedStream([this] {
    const std::lock_guard lock(broker_.mutex_);
    return broker_.play_;
  });
}

ScriptedGrpcBroker::ScriptedGrpcBroker(Play play, int port) : play_(std::move(play)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(port), grpc::InsecureServerCredentials(),
                           &port_);
  builder.RegisterCallbackGenericService(&service_);
  server_ = builder.BuildAndStart();
  EXPECT_NE(server_, nullptr) << "port " << port;
}

ScriptedGrpcBroker::~ScriptedGrpcBroker() {
  // At once: nothing here is worth waiting for.
  server_->Shutdown(std::chrono::system_clock::now());
}

void ScriptedGrpcBroker::SetPlay(Play play) {
  const std::lock_guard lock(mutex_);
  play_ = std::move(play);
}

v1::ServerFrame ScriptedGrpcBroker::WelcomeFrame() {
  v1::ServerFrame frame;
  frame.mutable_welcome()->set_version(1);
  frame.mutable_welcome()->set_node_id("scripted");
  frame.mutable_welcome()->set_resume_token("0123456789abcdef");
  frame.mutable_welcome()->set_heartbeat_ms(5000);
  return frame;
}

void ScriptedGrpcBroker::Behave(ScriptedStream& stream, const v1::ClientFrame& frame) {
  v1::ServerFrame answer;
  switch (frame.frame_case()) {
    case v1::ClientFrame::kHello:
      return stream.Say(WelcomeFrame());
    case v1::ClientFrame::kSubscribe:
      stream.subscribed = true;
      for (const v1::Subscribe& subscribe : frame.subscribe().subscriptions()) {
        answer.mutable_subscribed()->add_results()->set_id(subscribe.id());
      }
      return stream.Say(answer);
    case v1::ClientFrame::kPublish:
      for (const v1::Publish& publish : frame.publish().messages()) {
        v1::Message* message = answer.mutable_deliver()->add_messages();
        message->set_topic(publish.topic());
        message->set_payload(publish.payload());
      }
      if (stream.subscribed) stream.Say(answer);
      answer.mutable_published()->set_producer_id(frame.publish().producer_id());
      answer.mutable_published()->set_ok_through(frame.publish().first_sequence() +
                                                 frame.publish().messages_size() - 1);
      return stream.Say(answer);
    case v1::ClientFrame::kPing:
      answer.mutable_heartbeat()->set_nonce(frame.ping().nonce());
      return stream.Say(answer);
    case v1::ClientFrame::kGoodbye:
      return stream.End(grpc::Status::OK);
    default:
      return;
  }
}

}  // namespace belfry::test
