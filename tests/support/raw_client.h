// SPDX-License-Identifier: Apache-2.0
//
// Clients of the real broker on generated stubs, without the client library: what they do is what
// stands on the wire.
//
// Threads: Confined to the test.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "belfry/v1/broker.grpc.pb.h"

namespace belfry::test {

inline std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// One connection with its Session stream. What a client must remember across breaks is outside.
class RawConnection {
 public:
  explicit RawConnection(const std::string& address)
      : stub_(v1::Broker::NewStub(NewChannel(address))) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ = stub_->Session(&context_);
  }
  ~RawConnection() {
    if (!finished_) Break();
  }

  bool Write(const v1::ClientFrame& frame) { return stream_->Write(frame); }
  bool Read(v1::ServerFrame* frame) { return stream_->Read(frame); }
  // The stream is reset, as when a connection is lost.
  grpc::Status Break() {
    context_.TryCancel();
    return Finish();
  }
  // What is still to come is thrown away.
  grpc::Status Finish() {
    v1::ServerFrame frame;
    while (stream_->Read(&frame)) continue;
    finished_ = true;
    return stream_->Finish();
  }

 private:
  std::unique_ptr<v1::Broker::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::ClientFrame, v1::ServerFrame>> stream_;
  bool finished_ = false;
};

// A client that remembers what it must.
class RawClient {
 public:
  RawClient(std::string address, std::string id, uint64_t incarnation = 0)
      : address_(std::move(address)), id_(std::move(id)), incarnation_(incarnation) {}

  v1::Welcome Connect() {
    connection_ = std::make_unique<RawConnection>(address_);
    v1::ClientFrame frame;
    v1::Hello* hello = frame.mutable_hello();
    hello->set_min_version(1);
    hello->set_max_version(1);
    hello->set_client_id(id_);
    hello->set_incarnation(incarnation_);
    hello->set_resume_token(token_);
    hello->set_received_through(received_);
    connection_->Write(frame);
    v1::ServerFrame answer;
    EXPECT_TRUE(connection_->Read(&answer));
    EXPECT_TRUE(answer.has_welcome());
    token_ = answer.welcome().resume_token();
    if (!answer.welcome().resumed()) received_ = 0;
    return answer.welcome();
  }
  void Subscribe(const std::string& text, v1::OverflowPolicy policy) {
    v1::ClientFrame frame;
    v1::Subscribe* subscribe = frame.mutable_subscribe()->add_subscriptions();
    subscribe->set_id(1);
    subscribe->mutable_filter()->set_kind(v1::FILTER_KIND_WILDCARD);
    subscribe->mutable_filter()->set_text(text);
    subscribe->set_overflow(policy);
    connection_->Write(frame);
    v1::ServerFrame answer = Next();
    EXPECT_EQ(answer.subscribed().results(0).verdict(), v1::VERDICT_NEW);
  }
  // The next numbered frame.
  v1::ServerFrame Next() {
    v1::ServerFrame frame;
    while (connection_->Read(&frame)) {
      if (frame.has_heartbeat() || frame.has_go_away() || frame.has_notice()) continue;
      ++received_;
      return frame;
    }
    ADD_FAILURE() << "the stream has ended";
    return {};
  }
  RawConnection& connection() { return *connection_; }
  std::unique_ptr<RawConnection> TakeConnection() { return std::move(connection_); }

 private:
  const std::string address_;
  const std::string id_;
  const uint64_t incarnation_;
  std::string token_;
  uint64_t received_ = 0;
  std::unique_ptr<RawConnection> connection_;
};

class RawPublisher {
 public:
  explicit RawPublisher(const std::string& address)
      : stub_(v1::Broker::NewStub(NewChannel(address))) {}
  void Publish(const std::string& topic, const std::string& payload, const std::string& key = "") {
    grpc::ClientContext context;
    v1::PublishRequest request;
    v1::Publish* message = request.add_messages();
    message->set_topic(topic);
    message->set_payload(payload);
    message->set_key(key);
    v1::PublishResponse response;
    const grpc::Status status = stub_->Publish(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(response.outcomes(0).outcome(), v1::OUTCOME_OK);
  }

 private:
  std::unique_ptr<v1::Broker::Stub> stub_;
};

}  // namespace belfry::test
