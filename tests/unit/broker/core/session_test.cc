// SPDX-License-Identifier: Apache-2.0
#include "broker/core/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

wire::PublishView Accepted(std::string_view topic, std::string_view payload) {
  wire::PublishView publish = Message(topic, payload);
  publish.ack = 1;
  return publish;
}

constexpr FilterView kT{FilterKind::kLiteral, "t"};

class SessionTest : public testing::Test {
 protected:
  SessionTest() { Begin({}); }

  void Begin(HandDrivenNode::Options options, SessionOptions session_options = {}) {
    session_.reset();
    node_ = std::make_unique<HandDrivenNode>(options);
    session_ = std::make_unique<Session>(node_->broker(), sink_, session_options);
  }
  void Subscribe(uint32_t id, FilterView filter) {
    session_->Subscribe(id, filter, OverflowPolicy::kDropOldest, false);
  }
  void Publish(std::string_view payload, std::string_view topic = "t") {
    ASSERT_TRUE(node_->broker().Publish(Message(topic, payload), "").ok());
  }

  RecordingSink sink_;
  std::unique_ptr<HandDrivenNode> node_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionTest, TheResultComesBeforeWhatTheSubscriptionBrings) {
  Subscribe(7, kT);
  Publish("x");
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("subscribed 7", "t=x"));
}

TEST_F(SessionTest, ResultsWaitForAWritableSinkAndHoldMessagesBack) {
  sink_.set_writable(false);
  Subscribe(7, kT);
  Publish("x");
  node_->Settle();
  EXPECT_THAT(sink_.Take(), IsEmpty());
  sink_.set_writable(true);
  session_->Touch();
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("subscribed 7", "t=x"));
}

TEST_F(SessionTest, TheSameSubscriptionAgainIsHarmless) {
  Subscribe(7, kT);
  Subscribe(7, kT);
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("subscribed 7", "subscribed 7"));
  EXPECT_EQ(node_->interest.Find("t", MatchScope::kAll).subscribers, 1u);
}

TEST_F(SessionTest, RefusesWhatItCannotServe) {
  Begin({.limits = {.subscriptions_max = 1}});
  session_->Subscribe(1, kT, OverflowPolicy::kDropOldest, /*wants_replay=*/true);
  session_->Subscribe(2, kT, OverflowPolicy::kUnknown, false);
  Subscribe(3, {FilterKind::kWildcard, "a>"});
  Subscribe(4, kT);
  Subscribe(4, {FilterKind::kLiteral, "other"});
  Subscribe(5, {FilterKind::kLiteral, "more"});
  node_->Settle();
  EXPECT_THAT(sink_.Take(),
              ElementsAre("refused 1 NO_REPLAY", "refused 2 UNSUPPORTED_POLICY",
                          "refused 3 BAD_FILTER", "subscribed 4",
                          "refused 4 SUBSCRIPTION_ID_IN_USE", "refused 5 TOO_MANY_SUBSCRIPTIONS"));
  EXPECT_EQ(session_->subscriptions(), 1u);
}

TEST_F(SessionTest, AnsweredUnsubscribesEndTheFlow) {
  Subscribe(1, kT);
  node_->Settle();
  sink_.Take();
  session_->Unsubscribe(1);
  session_->Unsubscribe(99);
  Publish("x");
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("removed 1", "removed 99"));
  EXPECT_EQ(node_->interest.size(), 0u);
}

TEST_F(SessionTest, AStoppedReaderGetsTheNewestAndAnExactGapBeforeThem) {
  Begin({.lane_bounds = {.messages_max = 3}});
  Subscribe(1, kT);
  node_->Settle();
  sink_.Take();
  sink_.set_writable(false);
  for (int i = 0; i < 10; ++i) Publish(std::to_string(i));
  node_->Settle();
  EXPECT_THAT(sink_.Take(), IsEmpty());
  sink_.set_writable(true);
  session_->Touch();
  node_->Settle();
  EXPECT_THAT(sink_.Take(),
              ElementsAre("notice LANE_HALF_FULL lane 0", "gap t:7 total=7", "t=7", "t=8", "t=9"));
  EXPECT_EQ(node_->broker().counters().dropped.value(), 7u);
  EXPECT_EQ(node_->broker().counters().gaps_out.value(), 1u);
}

TEST_F(SessionTest, WhatIsTooOldIsDroppedWithAGapAlsoWhileNothingElseHappens) {
  Begin({.lane_bounds = {.age_max = seconds(10)}});
  Subscribe(1, kT);
  node_->Settle();
  sink_.Take();
  sink_.set_writable(false);
  Publish("old");
  node_->clock.Advance(seconds(8));
  Publish("young");
  node_->clock.Advance(seconds(3));
  node_->broker().Tick();
  EXPECT_EQ(node_->broker().counters().dropped.value(), 1u);
  sink_.set_writable(true);
  node_->Settle();
  EXPECT_THAT(sink_.Take(),
              ElementsAre("notice LANE_HALF_FULL lane 0", "gap t:1 total=1", "t=young"));
}

TEST_F(SessionTest, StopsInTheMiddleOfALaneWhenTheSinkFillsUp) {
  Subscribe(1, kT);
  node_->Settle();
  sink_.Take();
  sink_.set_record_budget(1);
  // Larger than one Deliver together, so that each goes in a frame of its own.
  const std::string big(200'000, 'x');
  Publish(big);
  Publish(big);
  node_->Settle();
  EXPECT_EQ(sink_.Take().size(), 1u);
  EXPECT_GT(session_->queued_bytes(), 200'000u);
  sink_.set_writable(true);
  session_->Touch();
  node_->Settle();
  EXPECT_EQ(sink_.Take().size(), 1u);
  EXPECT_EQ(session_->queued_bytes(), 0u);
}

TEST_F(SessionTest, OutcomesAreCumulativeButForExceptionsAndThoseAskedFor) {
  Begin({.limits = {.payload_bytes_max = 4}});
  wire::PublishView asked = Message("t", "b");
  asked.want_outcome = true;
  session_->Publish(Accepted("t", "a"), 1);
  session_->Publish(asked, 2);
  session_->Publish(Message("t", "too long"), 3);
  session_->Publish(Message("t", "d"), 4);
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("ok_through 4", "outcome 2 OK subscribers=0",
                                        "outcome 3 PAYLOAD_TOO_LARGE"));
}

TEST_F(SessionTest, NobodyIsToldOfSuccessThatNobodyWaitsFor) {
  session_->Publish(Message("t", "a"), 1);
  session_->Publish(Message("t", "b"), 2);
  node_->Settle();
  EXPECT_THAT(sink_.Take(), IsEmpty());
  session_->Publish(Message("$no", "c"), 3);
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("ok_through 3", "outcome 3 BAD_TOPIC"));
  session_->Publish(Message("t", "d"), 4);
  session_->Publish(Accepted("t", "e"), 5);
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("ok_through 5"));
}

TEST_F(SessionTest, AnswersComeInFramesOfAThousand) {
  for (uint32_t id = 0; id < 2500; ++id) session_->Unsubscribe(id);
  for (uint64_t sequence = 1; sequence <= 2500; ++sequence) {
    session_->Publish(Message("$no", "x"), sequence);
  }
  session_->Publish(Accepted("t", "x"), 2501);
  node_->Settle();
  const std::vector<std::string> events = sink_.Take();
  EXPECT_EQ(sink_.result_frames(), 6u);
  EXPECT_EQ(std::count(events.begin(), events.end(), "removed 2499"), 1);
  EXPECT_EQ(std::count(events.begin(), events.end(), "outcome 2500 BAD_TOPIC"), 1);
  // No cumulative number says OK of a sequence whose failure comes later.
  EXPECT_EQ(std::count(events.begin(), events.end(), "ok_through 1024"), 1);
  EXPECT_EQ(std::count(events.begin(), events.end(), "ok_through 2048"), 1);
  EXPECT_EQ(std::count(events.begin(), events.end(), "ok_through 2501"), 1);
}

TEST_F(SessionTest, ASilenceThatWeCauseIsNotThePeers) {
  Begin({}, {.heartbeat = seconds(5)});
  session_->set_listening(false);
  node_->clock.Advance(seconds(60));
  node_->broker().Tick();
  EXPECT_THAT(sink_.Take(), ElementsAre("heartbeat"));
  session_->set_listening(true);
  node_->clock.Advance(seconds(14));
  node_->broker().Tick();
  EXPECT_THAT(sink_.Take(), ElementsAre("heartbeat"));
  node_->clock.Advance(seconds(2));
  node_->broker().Tick();
  EXPECT_THAT(sink_.Take(), ElementsAre("close HEARTBEAT_TIMEOUT"));
}

TEST_F(SessionTest, ARetiredSessionGetsNothingMoreThoughItsStreamIsStillThere) {
  Begin({}, {.heartbeat = seconds(5)});
  Subscribe(1, kT);
  node_->Settle();
  session_->End(ErrorCode::kKicked);
  EXPECT_EQ(sink_.Take().back(), "close KICKED");
  EXPECT_EQ(node_->interest.size(), 0u);
  Publish("x");
  node_->clock.Advance(seconds(16));
  node_->broker().Tick();
  node_->Settle();
  EXPECT_THAT(sink_.Take(), IsEmpty());
}

TEST_F(SessionTest, AFailedResumeBeginsTheLiveLaneWithAGap) {
  Begin({}, {.reconnected = true});
  Subscribe(1, {FilterKind::kWildcard, "bad>"});
  Subscribe(2, kT);
  Subscribe(3, {FilterKind::kLiteral, "u"});
  Publish("x");
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("refused 1 BAD_FILTER", "subscribed 2", "subscribed 3",
                                        "gap total=?", "t=x"));
}

TEST_F(SessionTest, SilenceForThreeHeartbeatsEndsIt) {
  Begin({}, {.heartbeat = seconds(5)});
  node_->clock.Advance(seconds(5));
  node_->broker().Tick();
  EXPECT_THAT(sink_.Take(), ElementsAre("heartbeat"));
  node_->clock.Advance(seconds(4));
  node_->broker().Tick();
  EXPECT_THAT(sink_.Take(), IsEmpty());
  session_->Heard(node_->clock.Now());
  node_->clock.Advance(seconds(15));
  node_->broker().Tick();
  EXPECT_THAT(sink_.Take(), ElementsAre("heartbeat"));
  node_->clock.Advance(seconds(1));
  node_->broker().Tick();
  EXPECT_THAT(sink_.Take(), ElementsAre("close HEARTBEAT_TIMEOUT"));
}

TEST_F(SessionTest, GapsFromElsewhereStandWhereTheyHappened) {
  Subscribe(1, kT);
  Publish("1");
  session_->QueueGap(0, Gap{GapCause::kPeerLink, {{"t", 2}}, 2, true});
  Publish("2");
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("subscribed 1", "t=1", "gap t:2 total=2", "t=2"));
}

TEST_F(SessionTest, EachPolicyHasALaneOfItsOwnAndAMessageComesOnceInEach) {
  Subscribe(1, kT);
  session_->Subscribe(2, {FilterKind::kWildcard, "*"}, OverflowPolicy::kConflate, false);
  session_->Subscribe(3, kT, OverflowPolicy::kConflate, false);
  Publish("x");
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("subscribed 1", "subscribed 2 lane 2",
                                        "subscribed 3 lane 2", "t=x", "lane 2: t=x"));
}

TEST_F(SessionTest, TheSameIdWithAnotherPolicyIsAnotherSubscription) {
  Subscribe(1, kT);
  session_->Subscribe(1, kT, OverflowPolicy::kDropNewest, false);
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("subscribed 1", "refused 1 SUBSCRIPTION_ID_IN_USE"));
}

TEST_F(SessionTest, AFullLaneDoesNotHoldUpTheOthers) {
  Subscribe(1, {FilterKind::kLiteral, "flood"});
  session_->Subscribe(2, kT, OverflowPolicy::kConflate, false);
  node_->Settle();
  sink_.Take();
  sink_.set_writable(false);
  const std::string big(200'000, 'x');
  for (int i = 0; i < 20; ++i) Publish(big, "flood");
  Publish("quiet");
  node_->Settle();
  // Room for three frames only.
  sink_.set_record_budget(3);
  sink_.set_writable(true);
  session_->Touch();
  node_->Settle();
  const std::vector<std::string> events = sink_.Take();
  EXPECT_THAT(events, testing::Contains("lane 2: t=quiet"));
}

TEST_F(SessionTest, AnOverflowWithDisconnectEndsTheSessionOutsideOfTheFanOut) {
  Begin({.lane_bounds = {.messages_max = 2}});
  session_->Subscribe(1, kT, OverflowPolicy::kDisconnect, false);
  node_->Settle();
  sink_.Take();
  sink_.set_writable(false);
  for (int i = 0; i < 3; ++i) Publish(std::to_string(i));
  EXPECT_THAT(sink_.Take(), IsEmpty());
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("close SLOW_SUBSCRIBER"));
  EXPECT_TRUE(session_->retired());
  EXPECT_EQ(node_->interest.size(), 0u);
}

TEST_F(SessionTest, AWaitTooLongWithDisconnectEndsTheSession) {
  Begin({.lane_bounds = {.age_max = seconds(10)}});
  session_->Subscribe(1, kT, OverflowPolicy::kDisconnect, false);
  node_->Settle();
  sink_.set_writable(false);
  Publish("x");
  node_->Settle();
  sink_.Take();
  node_->clock.Advance(seconds(11));
  node_->broker().Tick();
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("close SLOW_SUBSCRIBER"));
}

TEST_F(SessionTest, ManySubscriptionsToOneFilterAreOneInTheFanOut) {
  for (uint32_t id = 1; id <= 5; ++id) Subscribe(id, kT);
  RecordingSink other_sink;
  Session other(node_->broker(), other_sink, {});
  other.Subscribe(1, kT, OverflowPolicy::kDropOldest, false);
  node_->Settle();
  sink_.Take();
  EXPECT_EQ(node_->interest.Find("t", MatchScope::kAll).subscribers, 6u);
  // The eldest, one from the middle, the last: the others go on.
  for (const uint32_t gone : {1u, 3u, 2u, 5u}) {
    session_->Unsubscribe(gone);
    Publish("x");
    node_->Settle();
    EXPECT_THAT(sink_.Take(), ElementsAre("removed " + std::to_string(gone), "t=x"));
  }
  session_->Unsubscribe(4);
  Publish("y");
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("removed 4"));
  EXPECT_EQ(other_sink.Take().back(), "t=y");
}

TEST_F(SessionTest, AFilterThatManySessionsHaveIsFoundByHash) {
  std::vector<std::unique_ptr<Session>> crowd;
  RecordingSink crowd_sink;
  for (int i = 0; i < 100; ++i) {
    crowd.push_back(std::make_unique<Session>(node_->broker(), crowd_sink, SessionOptions{}));
    crowd.back()->Subscribe(1, kT, OverflowPolicy::kDropOldest, false);
  }
  Subscribe(1, kT);
  Subscribe(2, kT);
  session_->Unsubscribe(1);
  node_->Settle();
  sink_.Take();
  Publish("x");
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("t=x"));
  crowd.resize(3);
  Subscribe(3, kT);
  session_->Unsubscribe(2);
  Publish("y");
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("subscribed 3", "removed 2", "t=y"));
}

TEST_F(SessionTest, ARetryIsNotPublishedAgain) {
  Subscribe(1, kT);
  session_->Publish(Accepted("t", "a"), 1);
  session_->Publish(Accepted("t", "b"), 2);
  session_->Publish(Accepted("t", "b"), 2);
  session_->Publish(Accepted("t", "c"), 3);
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("subscribed 1", "ok_through 3", "t=a", "t=b", "t=c"));
  EXPECT_EQ(session_->publishes_through(), 3u);
  // Nobody waits for ever.
  session_->Publish(Accepted("t", "c"), 3);
  node_->Settle();
  EXPECT_THAT(sink_.Take(), ElementsAre("ok_through 3"));
}

TEST_F(SessionTest, HasOneProducer) {
  EXPECT_TRUE(session_->TakeProducer("0123456789abcdef"));
  EXPECT_TRUE(session_->TakeProducer("0123456789abcdef"));
  EXPECT_FALSE(session_->TakeProducer("another one of 16"));
}

}  // namespace
}  // namespace belfry::core
