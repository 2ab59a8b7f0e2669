// SPDX-License-Identifier: Apache-2.0
//
// Sessions that break and go on, across connections: Broker::Open, Park, Claim and EndSession.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/core/broker.h"
#include "tests/support/hand_driven_node.h"
#include "tests/support/recording_sink.h"

namespace belfry::core {
namespace {

using std::chrono::seconds;
using test::HandDrivenNode;
using test::Message;
using test::RecordingSink;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr FilterView kT{FilterKind::kLiteral, "t"};

// One connection, as a protocol's stream holds it.
struct Stream {
  explicit Stream(Broker& broker) : broker(broker) {
    sink.set_on_yield([this] { return std::move(session); });
    sink.set_on_close([this](ErrorCode reason) {
      if (reason == ErrorCode::kHeartbeatTimeout) this->broker.Park(std::move(session));
    });
  }
  ErrorCode Open(SessionOptions options) {
    ErrorCode refused = ErrorCode::kNone;
    session = broker.Open(sink, std::move(options), &refused);
    return refused;
  }
  bool Resume(SessionId id, uint64_t received_through) {
    session = broker.Claim(id, received_through);
    if (session == nullptr) return false;
    session->Attach(sink, received_through, broker.now());
    return true;
  }
  void Break() { broker.Park(std::move(session)); }

  Broker& broker;
  RecordingSink sink;
  std::unique_ptr<Session> session;
};

SessionOptions Ann(uint64_t incarnation = 1) {
  return {.client_id = "ann",
          .incarnation = incarnation,
          .resume_token = "token " + std::to_string(incarnation)};
}

class SessionResumeTest : public testing::Test {
 protected:
  SessionResumeTest() { Begin({}); }
  ~SessionResumeTest() override { ResetStreams(); }

  void Begin(HandDrivenNode::Options options) {
    ResetStreams();
    node_ = std::make_unique<HandDrivenNode>(options);
    first_ = std::make_unique<Stream>(node_->broker());
    second_ = std::make_unique<Stream>(node_->broker());
  }
  void ResetStreams() {
    first_.reset();
    second_.reset();
  }
  void OpenAndSubscribe(FilterView filter = kT) {
    ASSERT_EQ(first_->Open(Ann()), ErrorCode::kNone);
    id_ = first_->session->id();
    first_->session->Subscribe(1, filter, OverflowPolicy::kDropOldest, false);
    node_->Settle();
    first_->sink.Take();
  }
  void Publish(std::string_view payload, std::string_view topic = "t") {
    ASSERT_TRUE(node_->broker().Publish(Message(topic, payload), "").ok());
    node_->Settle();
  }
  InterestTable::Match Interest() { return node_->interest.Find("t", MatchScope::kAll); }
  BrokerCounters& counters() { return node_->broker().counters(); }

  std::unique_ptr<HandDrivenNode> node_;
  std::unique_ptr<Stream> first_;
  std::unique_ptr<Stream> second_;
  SessionId id_ = 0;
};

TEST_F(SessionResumeTest, GoesOnExactlyWhereTheClientWas) {
  OpenAndSubscribe();
  Publish("1");  // frame 2
  Publish("2");  // frame 3, which the client did not get
  first_->Break();
  Publish("3");
  EXPECT_EQ(counters().sessions_parked.value(), 1u);
  ASSERT_TRUE(second_->Resume(id_, 2));
  node_->Settle();
  EXPECT_THAT(second_->sink.Take(), ElementsAre("t=2", "t=3"));
  Publish("4");
  EXPECT_THAT(second_->sink.Take(), ElementsAre("t=4"));
  EXPECT_EQ(counters().sessions_parked.value(), 0u);
  EXPECT_EQ(counters().sessions_resumed.value(), 1u);
}

TEST_F(SessionResumeTest, AResultThatWasLostComesAgainBeforeItsMessages) {
  first_->Open(Ann());
  id_ = first_->session->id();
  first_->session->Subscribe(1, kT, OverflowPolicy::kDropOldest, false);
  node_->Settle();
  Publish("1");
  first_->Break();
  ASSERT_TRUE(second_->Resume(id_, 0));
  node_->Settle();
  EXPECT_THAT(second_->sink.Take(), ElementsAre("subscribed 1", "t=1"));
}

TEST_F(SessionResumeTest, OutcomesThatWereLostComeAgain) {
  OpenAndSubscribe();
  wire::PublishView publish = Message("t", "x");
  publish.ack = 1;
  first_->session->Publish(publish, 1);
  node_->Settle();
  first_->session->Publish(publish, 2);
  first_->Break();
  ASSERT_TRUE(second_->Resume(id_, 1));
  EXPECT_EQ(second_->session->publishes_through(), 2u);
  node_->Settle();
  EXPECT_THAT(second_->sink.Take(), ElementsAre("ok_through 1", "t=x", "ok_through 2", "t=x"));
}

TEST_F(SessionResumeTest, WritesAgainOnlyAsTheWireTakesItAndNothingOvertakes) {
  OpenAndSubscribe();
  for (const char* payload : {"1", "2", "3"}) Publish(payload);
  first_->Break();
  Publish("4");
  second_->sink.set_record_budget(2);
  ASSERT_TRUE(second_->Resume(id_, 1));
  node_->Settle();
  EXPECT_THAT(second_->sink.Take(), ElementsAre("t=1", "t=2"));
  second_->sink.set_writable(true);
  second_->session->Touch();
  node_->Settle();
  EXPECT_THAT(second_->sink.Take(), ElementsAre("t=3", "t=4"));
}

TEST_F(SessionResumeTest, ABreakDuringARewriteStartsOverFromWhereTheClientIs) {
  OpenAndSubscribe();
  for (const char* payload : {"1", "2", "3"}) Publish(payload);
  first_->Break();
  second_->sink.set_record_budget(2);
  ASSERT_TRUE(second_->Resume(id_, 1));
  node_->Settle();
  second_->Break();
  Stream third(node_->broker());
  ASSERT_TRUE(third.Resume(id_, 2));
  node_->Settle();
  EXPECT_THAT(third.sink.Take(), ElementsAre("t=2", "t=3"));
  third.session.reset();
}

TEST_F(SessionResumeTest, IsTakenFromAConnectionThatOnlySeemsAlive) {
  OpenAndSubscribe();
  Publish("1");
  ASSERT_TRUE(second_->Resume(id_, 1));
  EXPECT_EQ(first_->session, nullptr);
  EXPECT_EQ(first_->sink.Take().back(), "yield");
  node_->Settle();
  EXPECT_THAT(second_->sink.Take(), ElementsAre("t=1"));
}

TEST_F(SessionResumeTest, AClientThatLacksForgottenFramesCannotResume) {
  Begin({.limits = {.resume_window_bytes = 1000}});
  OpenAndSubscribe();
  for (int i = 0; i < 5; ++i) Publish(std::string(400, 'x'));
  first_->Break();
  EXPECT_FALSE(second_->Resume(id_, 1));
  // It has ended, so that nothing is kept for nobody.
  EXPECT_EQ(node_->interest.size(), 0u);
  EXPECT_EQ(node_->node.sessions.size(), 0u);
  EXPECT_EQ(counters().sessions_parked.value(), 0u);
}

TEST_F(SessionResumeTest, AcknowledgedFramesMakeRoomInTheWindow) {
  Begin({.limits = {.resume_window_bytes = 1000}});
  OpenAndSubscribe();
  for (uint64_t i = 0; i < 5; ++i) {
    Publish(std::string(400, 'x'));
    ASSERT_TRUE(first_->session->Acknowledge(i + 2));
  }
  Publish("last");
  first_->Break();
  ASSERT_TRUE(second_->Resume(id_, 6));
  node_->Settle();
  EXPECT_THAT(second_->sink.Take(), ElementsAre("t=last"));
}

TEST_F(SessionResumeTest, ClaimingMoreThanWasSentIsNoResume) {
  OpenAndSubscribe();
  first_->Break();
  EXPECT_FALSE(second_->Resume(id_, 2));
}

TEST_F(SessionResumeTest, AParkedSessionIsRoutedButNotActive) {
  OpenAndSubscribe();
  EXPECT_EQ(Interest().subscribers, 1u);
  first_->Break();
  EXPECT_EQ(Interest().subscribers, 0u);
  EXPECT_EQ(Interest().nodes, 0u);
  EXPECT_FALSE(Interest().destinations.empty());
  ASSERT_TRUE(second_->Resume(id_, 1));
  EXPECT_EQ(Interest().subscribers, 1u);
}

TEST_F(SessionResumeTest, TheGraceEnds) {
  OpenAndSubscribe();
  first_->Break();
  node_->clock.Advance(seconds(30));
  node_->broker().Tick();
  EXPECT_EQ(node_->interest.size(), 1u);
  node_->clock.Advance(seconds(1));
  node_->broker().Tick();
  EXPECT_EQ(node_->interest.size(), 0u);
  EXPECT_FALSE(second_->Resume(id_, 1));
}

// Shows another time at each look, like a real one.
class RunningClock final : public Clock {
 public:
  Instant Now() const override {
    clock_.Advance(std::chrono::microseconds(1));
    return clock_.Now();
  }
  int64_t WallUnixMicros() const override { return clock_.WallUnixMicros(); }
  void Advance(Duration by) { clock_.Advance(by); }

 private:
  mutable ManualClock clock_;
};

TEST(SessionResume, TheGraceEndsByARealClockToo) {
  RunningClock clock;
  Node node(1, 0, 1);
  Broker broker(0, node, clock, {}, {});
  Stream stream(broker);
  ASSERT_EQ(stream.Open(Ann()), ErrorCode::kNone);
  stream.session->Subscribe(1, kT, OverflowPolicy::kDropOldest, false);
  broker.EndTurn();
  stream.Break();
  EXPECT_EQ(node.interest.size(), 1u);
  clock.Advance(seconds(31));
  broker.Tick();
  EXPECT_EQ(node.interest.size(), 0u);
}

TEST_F(SessionResumeTest, OnlySoManyMayWaitAndTheOldestEnds) {
  Begin({.limits = {.parked_max = 2}});
  std::vector<SessionId> ids;
  for (uint64_t i = 0; i < 3; ++i) {
    Stream stream(node_->broker());
    stream.Open({.client_id = "c" + std::to_string(i), .resume_token = "t" + std::to_string(i)});
    ids.push_back(stream.session->id());
    stream.Break();
  }
  EXPECT_EQ(counters().sessions_parked.value(), 2u);
  EXPECT_FALSE(first_->Resume(ids[0], 0));
  EXPECT_TRUE(first_->Resume(ids[1], 0));
}

TEST_F(SessionResumeTest, AConnectionWhoseClientCannotResumeIsToldOfItsSuccessor) {
  Begin({.limits = {.resume_window_bytes = 0}});
  OpenAndSubscribe();
  Publish("1");
  EXPECT_FALSE(second_->Resume(id_, 1));
  EXPECT_EQ(first_->sink.Take().back(), "close TAKEN_OVER");
}

TEST_F(SessionResumeTest, EachParkingHasAGraceOfItsOwn) {
  OpenAndSubscribe();
  first_->Break();
  node_->clock.Advance(seconds(20));
  ASSERT_TRUE(second_->Resume(id_, 1));
  second_->Break();
  node_->clock.Advance(seconds(20));
  node_->broker().Tick();
  EXPECT_EQ(node_->interest.size(), 1u);
  node_->clock.Advance(seconds(11));
  node_->broker().Tick();
  EXPECT_EQ(node_->interest.size(), 0u);
}

TEST_F(SessionResumeTest, QueuesOfAParkedSessionKeepTheirBoundsButDoNotAge) {
  Begin({.lane_bounds = {.messages_max = 2, .age_max = seconds(10)}});
  OpenAndSubscribe();
  first_->Break();
  for (const char* payload : {"1", "2", "3"}) Publish(payload);
  node_->clock.Advance(seconds(25));
  node_->broker().Tick();
  ASSERT_TRUE(second_->Resume(id_, 1));
  node_->Settle();
  EXPECT_THAT(second_->sink.Take(), ElementsAre("gap t:1 total=1", "t=2", "t=3"));
}

TEST_F(SessionResumeTest, AnOverflowWithDisconnectEndsAParkedSession) {
  Begin({.lane_bounds = {.messages_max = 2}});
  OpenAndSubscribe();
  first_->session->Subscribe(2, kT, OverflowPolicy::kDisconnect, false);
  first_->Break();
  for (const char* payload : {"1", "2", "3"}) Publish(payload);
  EXPECT_EQ(node_->interest.size(), 0u);
  EXPECT_EQ(counters().sessions_parked.value(), 0u);
  EXPECT_EQ(counters().sessions.value(), 0u);
  EXPECT_FALSE(second_->Resume(id_, 1));
}

TEST_F(SessionResumeTest, SilenceParksIt) {
  SessionOptions options = Ann();
  options.heartbeat = seconds(5);
  first_->Open(options);
  id_ = first_->session->id();
  node_->clock.Advance(seconds(16));
  node_->broker().Tick();
  EXPECT_EQ(first_->sink.Take().back(), "close HEARTBEAT_TIMEOUT");
  EXPECT_EQ(counters().sessions_parked.value(), 1u);
  ASSERT_TRUE(second_->Resume(id_, 0));
  // Its silence was of the old connection.
  node_->clock.Advance(seconds(14));
  node_->broker().Tick();
  EXPECT_THAT(second_->sink.Take(), ElementsAre("heartbeat"));
}

TEST_F(SessionResumeTest, WithoutATokenThereIsNothingToComeBackTo) {
  first_->Open({.client_id = "ann"});
  first_->session->Subscribe(1, kT, OverflowPolicy::kDropOldest, false);
  first_->Break();
  EXPECT_EQ(node_->interest.size(), 0u);
  EXPECT_EQ(counters().sessions.value(), 0u);
}

TEST_F(SessionResumeTest, ANewerProcessTakesOverAlsoFromAnotherReactor) {
  Begin({.reactors = 2});
  OpenAndSubscribe();
  Stream newer(node_->broker(1));
  ASSERT_EQ(newer.Open(Ann(2)), ErrorCode::kNone);
  node_->Settle();
  EXPECT_THAT(first_->sink.Take(), ElementsAre("close TAKEN_OVER"));
  EXPECT_EQ(node_->interest.size(), 0u);
  Stream older(node_->broker(0));
  EXPECT_EQ(older.Open(Ann(1)), ErrorCode::kStaleIncarnation);
  EXPECT_EQ(older.session, nullptr);
  newer.session.reset();
}

TEST_F(SessionResumeTest, ANewerProcessEndsAParkedSessionToo) {
  OpenAndSubscribe();
  first_->Break();
  ASSERT_EQ(second_->Open(Ann(2)), ErrorCode::kNone);
  EXPECT_EQ(node_->interest.size(), 0u);
  EXPECT_EQ(counters().sessions_parked.value(), 0u);
}

TEST_F(SessionResumeTest, AKickEndsItForGood) {
  OpenAndSubscribe();
  EXPECT_TRUE(node_->broker().EndSession(id_, ErrorCode::kKicked));
  EXPECT_THAT(first_->sink.Take(), ElementsAre("close KICKED"));
  first_->Break();
  EXPECT_FALSE(second_->Resume(id_, 1));
  EXPECT_FALSE(node_->broker().EndSession(id_, ErrorCode::kKicked));
}

TEST_F(SessionResumeTest, NobodyIsParkedWhileTheNodeLeaves) {
  OpenAndSubscribe();
  node_->broker().GoAway(ErrorCode::kShuttingDown, seconds(1));
  first_->Break();
  EXPECT_EQ(node_->interest.size(), 0u);
}

TEST_F(SessionResumeTest, TheLivingAreAskedToGoAndTheParkedAreNot) {
  OpenAndSubscribe();
  first_->Break();
  second_->Open({.client_id = "bob"});
  node_->broker().GoAway(ErrorCode::kShuttingDown, seconds(1));
  EXPECT_EQ(second_->sink.Take().size(), 1u);
}

}  // namespace
}  // namespace belfry::core
