// SPDX-License-Identifier: Apache-2.0
//
// Sessions of the real broker over real connections: breaks and exact resumes, on whichever reactor
// the new connection lands; takeover; what each overflow policy does to a reader that stops.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "belfry/v1/broker.grpc.pb.h"
#include "tests/support/belfryd_process.h"

namespace belfry::test {
namespace {

using testing::HasSubstr;

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// One connection with its Session stream. What a client must remember across breaks is outside.
class Connection {
 public:
  explicit Connection(const std::string& address)
      : stub_(v1::Broker::NewStub(NewChannel(address))) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ = stub_->Session(&context_);
  }
  ~Connection() {
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
class Client {
 public:
  Client(std::string address, std::string id, uint64_t incarnation = 0)
      : address_(std::move(address)), id_(std::move(id)), incarnation_(incarnation) {}

  v1::Welcome Connect() {
    connection_ = std::make_unique<Connection>(address_);
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
  Connection& connection() { return *connection_; }
  std::unique_ptr<Connection> TakeConnection() { return std::move(connection_); }

 private:
  const std::string address_;
  const std::string id_;
  const uint64_t incarnation_;
  std::string token_;
  uint64_t received_ = 0;
  std::unique_ptr<Connection> connection_;
};

class Publisher {
 public:
  explicit Publisher(const std::string& address)
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

// Reads until the payloads begin .. end-1 have come, in order and without anything else.
void ExpectPayloads(Client& client, int begin, int end) {
  while (begin < end) {
    const v1::ServerFrame frame = client.Next();
    ASSERT_TRUE(frame.has_deliver()) << frame.ShortDebugString();
    for (const v1::Message& message : frame.deliver().messages()) {
      ASSERT_EQ(message.payload(), std::to_string(begin++));
    }
  }
}

TEST(SessionResume, GoesOnExactlyOnWhicheverReactorTheNewConnectionLands) {
  BelfrydProcess broker({"--set", "io.threads=4"});
  Publisher publisher(broker.address());
  Client client(broker.address(), "ann");
  ASSERT_FALSE(client.Connect().resumed());
  client.Subscribe("t", v1::OVERFLOW_POLICY_DROP_OLDEST);
  // Idle connections, so that the least loaded reactor is another each time.
  std::vector<std::unique_ptr<Client>> others;
  int next = 0;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 3; ++i) publisher.Publish("t", std::to_string(next + i));
    ExpectPayloads(client, next, next + 3);
    // These are under way when it breaks, or come while it is away.
    for (int i = 3; i < 6; ++i) publisher.Publish("t", std::to_string(next + i));
    client.connection().Break();
    others.push_back(std::make_unique<Client>(broker.address(), "other" + std::to_string(round)));
    others.back()->Connect();
    ASSERT_TRUE(client.Connect().resumed()) << "round " << round << "\n" << broker.log();
    ExpectPayloads(client, next + 3, next + 6);
    next += 6;
  }
}

TEST(SessionResume, IsTakenFromAConnectionThatIsStillThere) {
  BelfrydProcess broker({"--set", "io.threads=2"});
  Publisher publisher(broker.address());
  Client client(broker.address(), "ann");
  client.Connect();
  client.Subscribe("t", v1::OVERFLOW_POLICY_DROP_OLDEST);
  // It thinks that its connection is gone; it is not.
  const std::unique_ptr<Connection> old_connection = client.TakeConnection();
  ASSERT_TRUE(client.Connect().resumed());
  publisher.Publish("t", "0");
  ExpectPayloads(client, 0, 1);
  EXPECT_THAT(old_connection->Finish().error_message(), HasSubstr("SESSION_MOVED"));
}

TEST(SessionResume, AfterTheGraceItIsANewSessionWithAGap) {
  BelfrydProcess broker({"--set", "session.grace=0s"});
  Publisher publisher(broker.address());
  Client client(broker.address(), "ann");
  client.Connect();
  client.Subscribe("t", v1::OVERFLOW_POLICY_DROP_OLDEST);
  client.connection().Break();
  ASSERT_FALSE(client.Connect().resumed());
  client.Subscribe("t", v1::OVERFLOW_POLICY_DROP_OLDEST);
  EXPECT_EQ(client.Next().gap().cause(), v1::GAP_CAUSE_RECONNECT);
}

TEST(SessionTakeover, TheNewerProcessStaysAndTheOlderIsToldWhy) {
  BelfrydProcess broker({"--set", "io.threads=2"});
  Client older(broker.address(), "ann", 10);
  older.Connect();
  Client newer(broker.address(), "ann", 20);
  newer.Connect();
  EXPECT_THAT(older.connection().Finish().error_message(), HasSubstr("TAKEN_OVER"));
  Connection refused(broker.address());
  v1::ClientFrame frame;
  frame.mutable_hello()->set_min_version(1);
  frame.mutable_hello()->set_max_version(1);
  frame.mutable_hello()->set_client_id("ann");
  frame.mutable_hello()->set_incarnation(10);
  refused.Write(frame);
  const grpc::Status status = refused.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("STALE_INCARNATION"));
}

class StoppedReader : public testing::Test {
 protected:
  // Far more than sockets and windows take.
  static constexpr int kMessages = 400;

  void Subscribe(v1::OverflowPolicy policy) {
    client_.Connect();
    client_.Subscribe("t", policy);
  }
  void Flood() {
    const std::string filling(100'000, 'x');
    for (int i = 0; i < kMessages; ++i) {
      publisher_.Publish("t", std::to_string(i) + filling, std::to_string(i % 10));
    }
  }

  BelfrydProcess broker_{{"--set", "slow.queue_bytes=2MiB", "--set", "io.threads=1"}};
  Publisher publisher_{broker_.address()};
  Client client_{broker_.address(), "ann"};
};

TEST_F(StoppedReader, WithDisconnectLosesItsSession) {
  Subscribe(v1::OVERFLOW_POLICY_DISCONNECT);
  Flood();
  const grpc::Status status = client_.connection().Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("SLOW_SUBSCRIBER"));
}

TEST_F(StoppedReader, WithConflateGetsTheLatestOfEachKeyAndNoGap) {
  Subscribe(v1::OVERFLOW_POLICY_CONFLATE);
  Flood();
  std::map<std::string, int> latest;
  int messages = 0;
  while (latest["9"] != kMessages - 1) {
    const v1::ServerFrame frame = client_.Next();
    ASSERT_TRUE(frame.has_deliver()) << frame.ShortDebugString();
    for (const v1::Message& message : frame.deliver().messages()) {
      ++messages;
      latest[message.key()] = std::stoi(message.payload());
    }
  }
  for (int key = 0; key < 10; ++key) {
    EXPECT_EQ(latest[std::to_string(key)], kMessages - 10 + key);
  }
  EXPECT_LT(messages, kMessages);
}

TEST_F(StoppedReader, WithDropNewestGetsTheOldestAndThenAnExactGap) {
  Subscribe(v1::OVERFLOW_POLICY_DROP_NEWEST);
  Flood();
  uint64_t lost = 0;
  int next = 0;
  while (next + static_cast<int>(lost) < kMessages) {
    const v1::ServerFrame frame = client_.Next();
    if (frame.has_gap()) {
      EXPECT_EQ(frame.gap().cause(), v1::GAP_CAUSE_OVERFLOW);
      lost += frame.gap().count();
    }
    for (const v1::Message& message : frame.deliver().messages()) {
      EXPECT_EQ(std::stoi(message.payload()), next + static_cast<int>(lost));
      ++next;
    }
  }
  EXPECT_GT(lost, 0u);
}

}  // namespace
}  // namespace belfry::test
