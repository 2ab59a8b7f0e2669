// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/session_stream.h"

#include <gtest/gtest.h>

#include "tests/support/fake_call.h"
#include "tests/support/hand_driven_node.h"

namespace belfry::frontend::grpc {
namespace {

constexpr std::string_view kProducer = "0123456789abcdef";

class SessionStreamTest : public testing::Test {
 protected:
  SessionStreamTest() : reactor_(0, node_.clock), call_(reactor_) {
    context_.brokers = {&node_.broker()};
    context_.node_id = "n1";
    context_.cluster_id = "c1";
    context_.endpoints = {"127.0.0.1:7450"};
    stream_ = std::make_unique<SessionStream>(context_, call_);
  }
  ~SessionStreamTest() override { Closed(); }

  void Closed() {
    if (stream_ == nullptr) return;
    stream_->OnClosed(Status());
    stream_.reset();
  }
  void Send(const v1::ClientFrame& frame) { stream_->OnMessage(frame.SerializeAsString()); }
  std::vector<v1::ServerFrame> Received() {
    node_.Settle();
    return call_.Take<v1::ServerFrame>();
  }
  v1::ClientFrame HelloFrame() {
    v1::ClientFrame frame;
    frame.mutable_hello()->set_min_version(1);
    frame.mutable_hello()->set_max_version(1);
    frame.mutable_hello()->set_client_id("test");
    return frame;
  }
  void Open() {
    Send(HelloFrame());
    ASSERT_EQ(Received().size(), 1u);
  }
  v1::ClientFrame SubscribeFrame(uint32_t id, const std::string& text) {
    v1::ClientFrame frame;
    v1::Subscribe* subscribe = frame.mutable_subscribe()->add_subscriptions();
    subscribe->set_id(id);
    subscribe->mutable_filter()->set_text(text);
    return frame;
  }
  v1::ClientFrame PublishFrame(uint64_t sequence, const std::string& topic) {
    v1::ClientFrame frame;
    v1::PublishBatch* batch = frame.mutable_publish();
    batch->set_producer_id(std::string(kProducer));
    batch->set_first_sequence(sequence);
    v1::Publish* publish = batch->add_messages();
    publish->set_topic(topic);
    publish->set_payload("hello");
    publish->set_want_outcome(true);
    return frame;
  }
  void ExpectEnded(StatusCode code, std::string_view text) {
    ASSERT_TRUE(call_.status());
    EXPECT_EQ(call_.status()->code(), code);
    EXPECT_NE(MessageOf(*call_.status()).find(text), std::string::npos) << *call_.status();
  }

  test::HandDrivenNode node_;
  reactor::Reactor reactor_;
  test::FakeCall call_;
  ServiceContext context_;
  std::unique_ptr<SessionStream> stream_;
};

TEST_F(SessionStreamTest, WelcomesWithWhatAClientMustKnow) {
  Send(HelloFrame());
  const auto frames = Received();
  ASSERT_EQ(frames.size(), 1u);
  const v1::Welcome& welcome = frames[0].welcome();
  EXPECT_EQ(welcome.version(), 1u);
  EXPECT_EQ(welcome.node_id(), "n1");
  EXPECT_EQ(welcome.cluster_id(), "c1");
  EXPECT_EQ(welcome.resume_token().size(), 16u);
  EXPECT_FALSE(welcome.resumed());
  EXPECT_EQ(welcome.heartbeat_ms(), 5000u);
  EXPECT_EQ(welcome.limits().payload_bytes(), 1u << 20);
  EXPECT_EQ(welcome.limits().frame_bytes(), 4u << 20);
  EXPECT_EQ(welcome.endpoints(0), "127.0.0.1:7450");
}

TEST_F(SessionStreamTest, CarriesSubscribePublishAndDeliver) {
  Open();
  Send(SubscribeFrame(7, "town"));
  Send(PublishFrame(1, "town"));
  const auto frames = Received();
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].subscribed().results(0).id(), 7u);
  EXPECT_EQ(frames[0].subscribed().results(0).verdict(), v1::VERDICT_NEW);
  EXPECT_EQ(frames[1].published().ok_through(), 1u);
  EXPECT_EQ(frames[1].published().producer_id(), kProducer);
  EXPECT_EQ(frames[1].published().outcomes(0).subscribers(), 1u);
  EXPECT_EQ(frames[1].published().outcomes(0).achieved(), v1::ACK_LEVEL_ACCEPTED);
  EXPECT_EQ(frames[2].deliver().messages(0).topic(), "town");
  EXPECT_EQ(frames[2].deliver().messages(0).payload(), "hello");
}

TEST_F(SessionStreamTest, ABadOperationIsAnsweredAndTheStreamGoesOn) {
  Open();
  Send(SubscribeFrame(1, ""));
  Send(PublishFrame(1, "$bad"));
  auto frames = Received();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].subscribed().results(0).verdict(), v1::VERDICT_REFUSED);
  EXPECT_EQ(frames[0].subscribed().results(0).error().code(),
            static_cast<uint32_t>(ErrorCode::kBadFilter));
  EXPECT_EQ(frames[1].published().outcomes(0).outcome(), v1::OUTCOME_FAILED);
  EXPECT_FALSE(call_.status());
  v1::ClientFrame auth;
  auth.mutable_auth()->set_token("x");
  Send(auth);
  frames = Received();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].notice().error().code(), static_cast<uint32_t>(ErrorCode::kUnsupported));
}

TEST_F(SessionStreamTest, APingIsAnswered) {
  Open();
  v1::ClientFrame ping;
  ping.mutable_ping()->set_nonce(42);
  Send(ping);
  const auto frames = Received();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].heartbeat().nonce(), 42u);
}

TEST_F(SessionStreamTest, AResumeOfAnUnknownSessionIsANewOneWithAGap) {
  v1::ClientFrame hello = HelloFrame();
  hello.mutable_hello()->set_resume_token("sixteen bytes...");
  Send(hello);
  EXPECT_FALSE(Received().at(0).welcome().resumed());
  Send(SubscribeFrame(1, "t"));
  const auto frames = Received();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1].gap().cause(), v1::GAP_CAUSE_RECONNECT);
  EXPECT_FALSE(frames[1].gap().count_known());
}

TEST_F(SessionStreamTest, ABrokenStreamIsResumedByAnother) {
  Send(HelloFrame());
  const v1::Welcome welcome = Received().at(0).welcome();
  EXPECT_EQ(welcome.grace_ms(), 30'000u);
  Send(SubscribeFrame(1, "t"));
  Send(PublishFrame(1, "t"));
  ASSERT_EQ(Received().size(), 3u);
  stream_->OnClosed(Unavailable("the connection is lost"));

  test::FakeCall call(reactor_);
  SessionStream second(context_, call);
  v1::ClientFrame hello = HelloFrame();
  hello.mutable_hello()->set_resume_token(welcome.resume_token());
  hello.mutable_hello()->set_received_through(2);
  second.OnMessage(hello.SerializeAsString());
  // The publish again: it was taken in, and is not published twice.
  second.OnMessage(PublishFrame(1, "t").SerializeAsString());
  node_.Settle();
  const auto frames = call.Take<v1::ServerFrame>();
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_TRUE(frames[0].welcome().resumed());
  EXPECT_EQ(frames[0].welcome().publishes_through(), 1u);
  EXPECT_EQ(frames[0].welcome().resume_token(), welcome.resume_token());
  EXPECT_EQ(frames[1].deliver().messages(0).payload(), "hello");
  EXPECT_EQ(frames[2].published().ok_through(), 1u);
  second.OnClosed(Status());
}

TEST_F(SessionStreamTest, AStreamThatLosesItsSessionToANewerOneSaysSo) {
  Send(HelloFrame());
  const v1::Welcome welcome = Received().at(0).welcome();
  test::FakeCall call(reactor_);
  SessionStream second(context_, call);
  v1::ClientFrame hello = HelloFrame();
  hello.mutable_hello()->set_resume_token(welcome.resume_token());
  second.OnMessage(hello.SerializeAsString());
  EXPECT_TRUE(call.Take<v1::ServerFrame>().at(0).welcome().resumed());
  ExpectEnded(StatusCode::kAborted, "SESSION_MOVED");
  second.OnClosed(Status());
}

TEST_F(SessionStreamTest, AcknowledgingWhatWasNotSentIsAMistake) {
  Open();
  v1::ClientFrame ack;
  ack.mutable_ack()->set_frames_through(1);
  Send(ack);
  ExpectEnded(StatusCode::kInvalidArgument, "acknowledges");
}

TEST_F(SessionStreamTest, SequencesDoNotWrapAround) {
  Open();
  v1::ClientFrame frame = PublishFrame(UINT64_MAX, "t");
  *frame.mutable_publish()->add_messages() = frame.publish().messages(0);
  Send(frame);
  ExpectEnded(StatusCode::kInvalidArgument, "2^64");
}

TEST_F(SessionStreamTest, ATokenHasSixteenBytes) {
  v1::ClientFrame hello = HelloFrame();
  hello.mutable_hello()->set_resume_token("short");
  Send(hello);
  ExpectEnded(StatusCode::kInvalidArgument, "resume_token");
}

TEST_F(SessionStreamTest, AnOlderProcessWithTheSameNameIsRefused) {
  v1::ClientFrame hello = HelloFrame();
  hello.mutable_hello()->set_incarnation(20);
  Send(hello);
  test::FakeCall call(reactor_);
  SessionStream older(context_, call);
  hello.mutable_hello()->set_incarnation(10);
  older.OnMessage(hello.SerializeAsString());
  ASSERT_TRUE(call.status());
  EXPECT_EQ(call.status()->code(), StatusCode::kFailedPrecondition);
  EXPECT_NE(MessageOf(*call.status()).find("STALE_INCARNATION"), std::string::npos);
  older.OnClosed(Status());
}

TEST_F(SessionStreamTest, ALaneOfItsOwnForEachPolicyStandsOnTheWire) {
  Open();
  v1::ClientFrame frame = SubscribeFrame(1, "t");
  frame.mutable_subscribe()->mutable_subscriptions(0)->set_overflow(v1::OVERFLOW_POLICY_CONFLATE);
  Send(frame);
  Send(PublishFrame(1, "t"));
  const auto frames = Received();
  ASSERT_EQ(frames.size(), 3u);
  const uint32_t lane = frames[0].subscribed().results(0).lane();
  EXPECT_NE(lane, 0u);
  EXPECT_EQ(frames[2].deliver().lane(), lane);
}

TEST_F(SessionStreamTest, TheFirstFrameMustBeAHello) {
  Send(SubscribeFrame(1, "t"));
  ExpectEnded(StatusCode::kInvalidArgument, "Hello");
}

TEST_F(SessionStreamTest, APublishBeforeTheHelloIsRefusedToo) {
  Send(PublishFrame(1, "t"));
  ExpectEnded(StatusCode::kInvalidArgument, "Hello");
}

TEST_F(SessionStreamTest, ASecondHelloIsRefused) {
  Open();
  Send(HelloFrame());
  ExpectEnded(StatusCode::kInvalidArgument, "second Hello");
}

TEST_F(SessionStreamTest, AVersionThatIsNotSpokenIsRefused) {
  v1::ClientFrame hello = HelloFrame();
  hello.mutable_hello()->set_min_version(2);
  hello.mutable_hello()->set_max_version(3);
  Send(hello);
  ExpectEnded(StatusCode::kFailedPrecondition, "VERSION_MISMATCH");
}

TEST_F(SessionStreamTest, AClientIdIsNeededAndBounded) {
  v1::ClientFrame hello = HelloFrame();
  hello.mutable_hello()->set_client_id(std::string(129, 'x'));
  Send(hello);
  ExpectEnded(StatusCode::kInvalidArgument, "client_id");
}

TEST_F(SessionStreamTest, MalformedFramesEndTheStreamNotTheProcess) {
  Open();
  stream_->OnMessage("\xff\xff\xff\xff");
  ExpectEnded(StatusCode::kInvalidArgument, "ClientFrame");
}

TEST_F(SessionStreamTest, EveryTruncationOfAPublishIsHandled) {
  const std::string whole = PublishFrame(1, "town").SerializeAsString();
  for (size_t size = 0; size < whole.size(); ++size) {
    test::FakeCall call(reactor_);
    SessionStream stream(context_, call);
    stream.OnMessage(HelloFrame().SerializeAsString());
    stream.OnMessage(std::string_view(whole).substr(0, size));
    stream.OnClosed(Status());
    call.TakeMessages();
  }
  // Of those that did not end by a mistake only their parked sessions are left.
  EXPECT_EQ(node_.broker().counters().sessions.value(),
            node_.broker().counters().sessions_parked.value());
}

TEST_F(SessionStreamTest, ASessionHasOneProducer) {
  Open();
  Send(PublishFrame(1, "t"));
  v1::ClientFrame other = PublishFrame(2, "t");
  other.mutable_publish()->set_producer_id("fedcba9876543210");
  Send(other);
  ExpectEnded(StatusCode::kInvalidArgument, "one producer_id");
}

TEST_F(SessionStreamTest, AFrameMayNotHoldMillionsOfEntries) {
  Open();
  v1::ClientFrame frame;
  for (int i = 0; i < (128 << 10) + 1; ++i) frame.mutable_unsubscribe()->add_ids(1);
  Send(frame);
  ExpectEnded(StatusCode::kInvalidArgument, "131072 entries");
}

TEST_F(SessionStreamTest, AHundredThousandSubscriptionsInOneFrameAreTaken) {
  Open();
  v1::ClientFrame frame;
  for (uint32_t i = 0; i < 100'000; ++i) {
    v1::Subscribe* subscribe = frame.mutable_subscribe()->add_subscriptions();
    subscribe->set_id(i);
    subscribe->mutable_filter()->set_text("topic." + std::to_string(i));
  }
  Send(frame);
  size_t results = 0;
  for (const v1::ServerFrame& answer : Received()) {
    EXPECT_LT(answer.ByteSizeLong(), 256u << 10);
    results += static_cast<size_t>(answer.subscribed().results_size());
  }
  EXPECT_EQ(results, 100'000u);
}

TEST_F(SessionStreamTest, FieldsOfANewerReleaseArePassedOver) {
  Open();
  Send(SubscribeFrame(1, "town"));
  Received();
  // Field 100, a varint, behind the publish.
  stream_->OnMessage(PublishFrame(1, "town").SerializeAsString() + "\xa0\x06\x01");
  EXPECT_FALSE(call_.status());
  EXPECT_EQ(Received().size(), 2u);
}

TEST_F(SessionStreamTest, APolicyOfANewerReleaseIsRefused) {
  Open();
  v1::ClientFrame frame = SubscribeFrame(1, "t");
  frame.mutable_subscribe()->mutable_subscriptions(0)->set_overflow(
      static_cast<v1::OverflowPolicy>(256));
  Send(frame);
  EXPECT_EQ(Received().at(0).subscribed().results(0).error().code(),
            static_cast<uint32_t>(ErrorCode::kUnsupportedPolicy));
}

TEST_F(SessionStreamTest, WhoeverComesDuringADrainIsAskedToLeaveAtOnce) {
  node_.broker().GoAway(ErrorCode::kShuttingDown, Duration(0));
  Send(HelloFrame());
  const auto frames = Received();
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[1].go_away().reason().code(), static_cast<uint32_t>(ErrorCode::kShuttingDown));
}

TEST_F(SessionStreamTest, ABrokenProtocolTakesEverySubscriptionBackAtOnce) {
  Open();
  Send(SubscribeFrame(1, "t"));
  Received();
  Send(HelloFrame());
  ExpectEnded(StatusCode::kInvalidArgument, "second Hello");
  EXPECT_EQ(node_.interest.size(), 0u);
}

TEST_F(SessionStreamTest, ReadingStopsWhileTheOutputIsFull) {
  Open();
  call_.set_writable(false);
  Send(SubscribeFrame(1, "t"));
  EXPECT_FALSE(call_.reading());
  call_.set_writable(true);
  stream_->OnWritable();
  EXPECT_TRUE(call_.reading());
  EXPECT_EQ(Received().size(), 1u);
}

TEST_F(SessionStreamTest, ReadingStopsWhileTheIntakeIsClosed) {
  Open();
  Send(PublishFrame(1, "t"));
  stream_->OnIntake(false);
  EXPECT_FALSE(call_.reading());
  stream_->OnIntake(true);
  EXPECT_TRUE(call_.reading());
}

TEST_F(SessionStreamTest, GoodbyeTakesEverySubscriptionBack) {
  Open();
  Send(SubscribeFrame(1, "t"));
  Received();
  v1::ClientFrame goodbye;
  goodbye.mutable_goodbye();
  Send(goodbye);
  ASSERT_TRUE(call_.status());
  EXPECT_TRUE(call_.status()->ok());
  EXPECT_EQ(node_.interest.size(), 0u);
  EXPECT_EQ(node_.broker().counters().sessions.value(), 0u);
}

TEST_F(SessionStreamTest, AClientThatSaysNoMoreGetsWhatIsDue) {
  Open();
  Send(SubscribeFrame(1, "t"));
  Send(PublishFrame(1, "t"));
  stream_->OnHalfClose();
  EXPECT_EQ(call_.Take<v1::ServerFrame>().size(), 3u);
  ASSERT_TRUE(call_.status());
  EXPECT_TRUE(call_.status()->ok());
}

TEST_F(SessionStreamTest, TheCertificatesNameIsThePublisher) {
  call_.set_principal("ann");
  Open();
  Send(SubscribeFrame(1, "t"));
  Send(PublishFrame(1, "t"));
  const auto frames = Received();
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[2].deliver().messages(0).publisher(), "ann");
}

}  // namespace
}  // namespace belfry::frontend::grpc
