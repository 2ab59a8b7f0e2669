// SPDX-License-Identifier: Apache-2.0
//
// The broker as a gRPC peer of grpc++: all kinds of calls, and the ways they fail.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "belfry/v1/admin.grpc.pb.h"
#include "belfry/v1/broker.grpc.pb.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "tests/support/belfryd_process.h"
#include "tests/support/test_certificates.h"

namespace belfry::test {
namespace {

using testing::HasSubstr;

std::shared_ptr<grpc::Channel> Connect(const std::string& address,
                                       std::shared_ptr<grpc::ChannelCredentials> credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, std::move(credentials), arguments);
}

class GrpcppSmoke : public testing::Test {
 protected:
  GrpcppSmoke()
      : channel_(Connect(broker_.address(), grpc::InsecureChannelCredentials())),
        stub_(v1::Broker::NewStub(channel_)) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  v1::PublishRequest Request(const std::string& topic, const std::string& payload) {
    v1::PublishRequest request;
    request.add_messages()->set_topic(topic);
    request.mutable_messages(0)->set_payload(payload);
    return request;
  }

  BelfrydProcess broker_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Broker::Stub> stub_;
  grpc::ClientContext context_;
};

TEST_F(GrpcppSmoke, ASessionSubscribesPublishesAndReceives) {
  auto stream = stub_->Session(&context_);
  v1::ClientFrame hello;
  hello.mutable_hello()->set_min_version(1);
  hello.mutable_hello()->set_max_version(1);
  hello.mutable_hello()->set_client_id("smoke");
  ASSERT_TRUE(stream->Write(hello));
  v1::ServerFrame frame;
  ASSERT_TRUE(stream->Read(&frame));
  EXPECT_TRUE(frame.has_welcome());
  v1::ClientFrame subscribe;
  v1::Subscribe* subscription = subscribe.mutable_subscribe()->add_subscriptions();
  subscription->set_id(1);
  subscription->mutable_filter()->set_kind(v1::FILTER_KIND_WILDCARD);
  subscription->mutable_filter()->set_text("town.>");
  ASSERT_TRUE(stream->Write(subscribe));
  ASSERT_TRUE(stream->Read(&frame));
  EXPECT_EQ(frame.subscribed().results(0).verdict(), v1::VERDICT_NEW);
  v1::ClientFrame publish;
  publish.mutable_publish()->set_producer_id("0123456789abcdef");
  publish.mutable_publish()->set_first_sequence(1);
  for (int i = 0; i < 1000; ++i) {
    v1::Publish* message = publish.mutable_publish()->add_messages();
    message->set_topic("town." + std::to_string(i % 7));
    message->set_payload(std::to_string(i));
    message->set_ack(v1::ACK_LEVEL_ACCEPTED);
  }
  ASSERT_TRUE(stream->Write(publish));
  int next = 0;
  bool published = false;
  while (next < 1000 || !published) {
    ASSERT_TRUE(stream->Read(&frame)) << "after " << next;
    if (frame.has_published()) {
      EXPECT_EQ(frame.published().ok_through(), 1000u);
      published = true;
    }
    for (const v1::Message& message : frame.deliver().messages()) {
      EXPECT_EQ(message.payload(), std::to_string(next++));
    }
  }
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&frame));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(GrpcppSmoke, PlainPublishAndSubscribe) {
  v1::SubscribeRequest request;
  request.add_filters()->set_text("news");
  auto reader = stub_->Subscribe(&context_, request);
  v1::SubscribeResponse response;
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.subscribed().verdict(), v1::VERDICT_NEW);
  // Sizes around frames, windows and the size from which payloads are referenced.
  for (const size_t size : {0u, 1u, 4095u, 4096u, 16384u, 65535u, 65536u, 300000u, 1048576u}) {
    grpc::ClientContext context;
    v1::PublishResponse outcome;
    ASSERT_TRUE(stub_->Publish(&context, Request("news", std::string(size, 'x')), &outcome).ok());
    EXPECT_EQ(outcome.outcomes(0).subscribers(), 1u);
    ASSERT_TRUE(reader->Read(&response));
    EXPECT_EQ(response.batch().messages(0).payload().size(), size);
  }
  context_.TryCancel();
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  // The broker has noticed: nobody listens any more.
  auto admin = v1::Admin::NewStub(channel_);
  EXPECT_TRUE(WaitFor([&] {
    grpc::ClientContext context;
    v1::GetTopicRequest topic;
    v1::TopicStatus status;
    topic.set_topic("news");
    return admin->GetTopic(&context, topic, &status).ok() && status.subscribers() == 0;
  }));
}

TEST_F(GrpcppSmoke, FailuresHaveTheRightStatus) {
  v1::PublishResponse response;
  {
    grpc::ClientContext context;
    const grpc::Status status =
        stub_->Publish(&context, Request("t", std::string(5 << 20, 'x')), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  }
  {
    grpc::ClientContext context;
    const grpc::Status status =
        stub_->Publish(&context, Request("t", std::string(2 << 20, 'x')), &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.outcomes(0).outcome(), v1::OUTCOME_FAILED);
  }
  {
    grpc::ClientContext context;
    v1::FetchRequest request;
    auto reader = stub_->Fetch(&context, request);
    v1::MessageBatch batch;
    EXPECT_FALSE(reader->Read(&batch));
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
  {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(50));
    v1::SubscribeRequest request;
    request.add_filters()->set_text("quiet");
    auto reader = stub_->Subscribe(&context, request);
    v1::SubscribeResponse ignored;
    while (reader->Read(&ignored)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  {
    auto admin = v1::Admin::NewStub(channel_);
    grpc::ClientContext context;
    v1::DrainNodeResponse drained;
    EXPECT_EQ(admin->DrainNode(&context, {}, &drained).error_code(),
              grpc::StatusCode::UNIMPLEMENTED);
  }
  {
    // Compressed requests: refused, with the encodings that are taken.
    grpc::ClientContext context;
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    const grpc::Status status =
        stub_->Publish(&context, Request("t", std::string(10000, 'x')), &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
}

TEST_F(GrpcppSmoke, HealthReflectionAndStatus) {
  {
    auto health = grpc::health::v1::Health::NewStub(channel_);
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    grpc::health::v1::HealthCheckResponse response;
    ASSERT_TRUE(health->Check(&context, request, &response).ok());
    EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
    request.set_service("no.such.Service");
    grpc::ClientContext second;
    EXPECT_EQ(health->Check(&second, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
  }
  {
    namespace reflection = grpc::reflection::v1alpha;
    auto stub = reflection::ServerReflection::NewStub(channel_);
    grpc::ClientContext context;
    auto stream = stub->ServerReflectionInfo(&context);
    reflection::ServerReflectionRequest request;
    reflection::ServerReflectionResponse response;
    request.set_list_services("*");
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.list_services_response().service(0).name(), "belfry.v1.Broker");
    request.set_file_containing_symbol("belfry.v1.Broker");
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_GE(response.file_descriptor_response().file_descriptor_proto_size(), 1);
    request.set_file_containing_symbol("no.such.Symbol");
    ASSERT_TRUE(stream->Write(request));
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.error_response().error_code(), 5);
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
  {
    auto admin = v1::Admin::NewStub(channel_);
    grpc::ClientContext context;
    v1::NodeStatus status;
    ASSERT_TRUE(admin->GetNode(&context, {}, &status).ok());
    EXPECT_TRUE(status.ready());
    EXPECT_GE(status.connections(), 1u);
    EXPECT_GT(status.resident_bytes(), 1u << 20);
  }
}

TEST_F(GrpcppSmoke, AStoppingNodeTellsSessionsAndLetsThemGo) {
  auto stream = stub_->Session(&context_);
  v1::ClientFrame hello;
  hello.mutable_hello()->set_min_version(1);
  hello.mutable_hello()->set_max_version(1);
  hello.mutable_hello()->set_client_id("smoke");
  ASSERT_TRUE(stream->Write(hello));
  v1::ServerFrame frame;
  ASSERT_TRUE(stream->Read(&frame));
  broker_.Signal(SIGTERM);
  ASSERT_TRUE(stream->Read(&frame));
  EXPECT_TRUE(frame.has_go_away());
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(broker_.Wait(), 0);
}

TEST(GrpcppTls, AClientCertificateIsThePublisher) {
  TestCertificates certificates;
  const auto authority = certificates.MakeAuthority("ca");
  const auto server = certificates.Issue(authority, "localhost");
  const auto ann = certificates.Issue(authority, "ann");
  BelfrydProcess broker({"--set", "security.tls.cert=" + server.cert, "--set",
                         "security.tls.key=" + server.key, "--set",
                         "security.tls.client_ca=" + authority.cert});
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ReadFile(authority.cert);
  options.pem_cert_chain = ReadFile(ann.cert);
  options.pem_private_key = ReadFile(ann.key);
  const std::string address = "localhost:" + std::to_string(broker.grpc_port());
  auto channel = Connect(address, grpc::SslCredentials(options));
  auto stub = v1::Broker::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  v1::SubscribeRequest request;
  request.add_filters()->set_text("t");
  auto reader = stub->Subscribe(&context, request);
  v1::SubscribeResponse response;
  ASSERT_TRUE(reader->Read(&response));
  grpc::ClientContext publish_context;
  v1::PublishRequest publish;
  publish.add_messages()->set_topic("t");
  v1::PublishResponse outcome;
  ASSERT_TRUE(stub->Publish(&publish_context, publish, &outcome).ok());
  ASSERT_TRUE(reader->Read(&response));
  EXPECT_EQ(response.batch().messages(0).publisher(), "ann");
  context.TryCancel();

  // Without a certificate nobody gets in.
  grpc::SslCredentialsOptions anonymous;
  anonymous.pem_root_certs = ReadFile(authority.cert);
  auto stranger = v1::Broker::NewStub(Connect(address, grpc::SslCredentials(anonymous)));
  grpc::ClientContext stranger_context;
  stranger_context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  EXPECT_EQ(stranger->Publish(&stranger_context, publish, &outcome).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace belfry::test
