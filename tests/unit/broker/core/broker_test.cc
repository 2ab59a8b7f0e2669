// SPDX-License-Identifier: Apache-2.0
#include "broker/core/broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/hand_driven_node.h"
#include "tests/support/recording_sink.h"

namespace belfry::core {
namespace {

using test::HandDrivenNode;
using test::Message;
using test::RecordingSink;
using testing::ElementsAre;
using testing::IsEmpty;

void Subscribe(Session& session, uint32_t id, FilterView filter) {
  session.Subscribe(id, filter, OverflowPolicy::kDropOldest, false);
}
FilterView Literal(std::string_view text) { return {FilterKind::kLiteral, text}; }
FilterView Wildcard(std::string_view text) { return {FilterKind::kWildcard, text}; }

TEST(Broker, DeliversToWhoeverMatchesOnItsOwnReactor) {
  HandDrivenNode node;
  RecordingSink ann_sink, ben_sink;
  Session ann(node.broker(), ann_sink, {});
  Session ben(node.broker(), ben_sink, {});
  Subscribe(ann, 1, Literal("town.square"));
  Subscribe(ben, 1, Literal("town.hall"));
  node.Settle();

  const PublishOutcome outcome = node.broker().Publish(Message("town.square", "hello"), "");
  node.Settle();

  EXPECT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.subscribers, 1u);
  EXPECT_EQ(outcome.nodes, 1u);
  EXPECT_THAT(ann_sink.Take(), ElementsAre("subscribed 1", "town.square=hello"));
  EXPECT_THAT(ben_sink.Take(), ElementsAre("subscribed 1"));
}

// What was under way to a reactor for somebody who has left would reach the newcomer, and what was
// published behind it would not: a hole that nobody tells of.
TEST(Broker, WhatWasUnderWayIsNotForASubscriptionMadeSince) {
  HandDrivenNode node({.reactors = 2});
  RecordingSink gone_sink, new_sink;
  auto gone = std::make_unique<Session>(node.broker(1), gone_sink, SessionOptions{});
  Subscribe(*gone, 1, Literal("t"));
  node.Settle();

  EXPECT_EQ(node.broker(0).Publish(Message("t", "under way"), "").subscribers, 1u);
  node.broker(0).EndTurn();
  gone.reset();
  EXPECT_EQ(node.broker(0).Publish(Message("t", "to nobody"), "").subscribers, 0u);
  Session newcomer(node.broker(1), new_sink, {});
  Subscribe(newcomer, 1, Literal("t"));
  Subscribe(newcomer, 2, Wildcard("*"));
  EXPECT_EQ(node.broker(0).Publish(Message("t", "for it"), "").subscribers, 2u);
  node.Settle();

  EXPECT_THAT(new_sink.Take(), ElementsAre("subscribed 1", "subscribed 2", "t=for it"));
}

TEST(Broker, ATwinGoesOnWithWhatWasUnderWayToItsElder) {
  HandDrivenNode node({.reactors = 2});
  RecordingSink sink;
  Session session(node.broker(1), sink, {});
  Subscribe(session, 1, Literal("t"));
  node.Settle();
  node.broker(0).Publish(Message("t", "1"), "");
  node.broker(0).EndTurn();
  Subscribe(session, 2, Literal("t"));
  session.Unsubscribe(1);
  node.broker(0).Publish(Message("t", "2"), "");
  node.Settle();
  EXPECT_THAT(sink.Take(), ElementsAre("subscribed 1", "subscribed 2", "removed 1", "t=1", "t=2"));
}

TEST(Broker, SendsAMessageOnceInALaneHoweverManyFiltersMatch) {
  HandDrivenNode node;
  RecordingSink sink;
  Session session(node.broker(), sink, {});
  Subscribe(session, 1, Literal("a.b"));
  Subscribe(session, 2, Wildcard("a.*"));
  Subscribe(session, 3, Wildcard(">"));
  Subscribe(session, 4, {FilterKind::kGlob, "a*"});
  node.Settle();
  sink.Take();

  const PublishOutcome outcome = node.broker().Publish(Message("a.b", "x"), "");
  node.Settle();

  EXPECT_EQ(outcome.subscribers, 4u);
  EXPECT_THAT(sink.Take(), ElementsAre("a.b=x"));
}

TEST(Broker, CrossesReactorsInThePublishersOrder) {
  HandDrivenNode node({.reactors = 3, .inbox_capacity = 4});
  RecordingSink sinks[3];
  std::vector<std::unique_ptr<Session>> sessions;
  for (size_t i = 0; i < 3; ++i) {
    sessions.push_back(std::make_unique<Session>(node.broker(i), sinks[i], SessionOptions{}));
    Subscribe(*sessions[i], 1, Wildcard("t.>"));
  }
  node.Settle();
  for (RecordingSink& sink : sinks) sink.Take();

  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) {
    const std::string topic = "t." + std::to_string(i % 3);
    EXPECT_EQ(node.broker(0).Publish(Message(topic, std::to_string(i)), "").subscribers, 3u);
    expected.push_back(topic + "=" + std::to_string(i));
  }
  node.Settle();

  for (RecordingSink& sink : sinks) EXPECT_EQ(sink.Take(), expected);
}

TEST(Broker, AFullInboxClosesTheIntakeAndLosesNothing) {
  HandDrivenNode node({.reactors = 2, .inbox_capacity = 3});
  struct Gate : Intake {
    void OnIntake(bool open) override { log += open ? "open " : "closed "; }
    std::string log;
  } gate;
  node.broker(0).JoinIntake(gate);
  RecordingSink sink;
  Session far(node.broker(1), sink, {});
  Subscribe(far, 1, Literal("t"));
  node.Settle();
  sink.Take();

  for (int i = 0; i < 10; ++i) node.broker(0).Publish(Message("t", std::to_string(i)), "");
  node.Turn(0);
  EXPECT_EQ(gate.log, "closed ");
  EXPECT_FALSE(node.broker(0).intake_open());
  // What was read already is still taken, behind the spill.
  node.broker(0).Publish(Message("t", "10"), "");
  node.Turn(0);
  EXPECT_EQ(node.inboxes[1]->size(), 3u);

  node.Settle();
  EXPECT_EQ(gate.log, "closed open ");
  EXPECT_THAT(sink.Take(), ElementsAre("t=0", "t=1", "t=2", "t=3", "t=4", "t=5", "t=6", "t=7",
                                       "t=8", "t=9", "t=10"));
  EXPECT_EQ(node.broker(0).counters().spills.value(), 1u);
  node.broker(0).LeaveIntake(gate);
}

TEST(Broker, WhoeverJoinsAClosedIntakeIsToldAtOnce) {
  HandDrivenNode node({.reactors = 2, .inbox_capacity = 1});
  RecordingSink sink;
  Session far(node.broker(1), sink, {});
  Subscribe(far, 1, Literal("t"));
  node.Settle();
  node.broker(0).Publish(Message("t", "1"), "");
  node.broker(0).Publish(Message("t", "2"), "");
  node.Turn(0);
  struct Gate : Intake {
    void OnIntake(bool is_open) override { open = is_open; }
    bool open = true;
  } gate;
  node.broker(0).JoinIntake(gate);
  EXPECT_FALSE(gate.open);
  node.Settle();
  EXPECT_TRUE(gate.open);
  node.broker(0).LeaveIntake(gate);
}

TEST(Broker, RefusesBadPublishesWithACodeAndCountsThem) {
  HandDrivenNode node({.limits = {.payload_bytes_max = 4, .topic_bytes_max = 8}});
  Broker& broker = node.broker();
  EXPECT_EQ(broker.Publish(Message("", "x"), "").error, ErrorCode::kBadTopic);
  EXPECT_EQ(broker.Publish(Message("$sys", "x"), "").error, ErrorCode::kBadTopic);
  EXPECT_EQ(broker.Publish(Message("a\nb", "x"), "").error, ErrorCode::kBadTopic);
  EXPECT_EQ(broker.Publish(Message("123456789", "x"), "").error, ErrorCode::kBadTopic);
  EXPECT_EQ(broker.Publish(Message("t", "12345"), "").error, ErrorCode::kPayloadTooLarge);
  wire::PublishView stored = Message("t", "x");
  stored.ack = 2;
  EXPECT_EQ(broker.Publish(stored, "").error, ErrorCode::kNoReplay);
  EXPECT_TRUE(broker.Publish(Message("12345678", "1234"), "").ok());
  EXPECT_EQ(broker.counters().publishes_refused.value(), 6u);
  EXPECT_EQ(broker.counters().messages_in.value(), 1u);
}

TEST(Broker, RefusesHeaderKeysThatReceiversCouldNotRead) {
  HandDrivenNode node;
  // headers { key: "\xff" }: field 3, of 3 bytes, with field 1 of one byte.
  const std::string bytes = std::string("\x0a\x01t\x1a\x03\x0a\x01\xff", 8);
  wire::PublishView publish;
  ASSERT_TRUE(wire::PublishView::Parse(bytes, &publish));
  EXPECT_EQ(node.broker().Publish(publish, "").error, ErrorCode::kBadHeader);
}

TEST(Broker, CountsNobodyWhenNobodyListens) {
  HandDrivenNode node;
  const PublishOutcome outcome = node.broker().Publish(Message("t", "x"), "");
  EXPECT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.subscribers, 0u);
  EXPECT_EQ(outcome.nodes, 0u);
  EXPECT_EQ(node.broker().counters().messages_without_interest.value(), 1u);
}

TEST(Broker, StampsTimeAndPublisherAndIgnoresWhatTheClientClaims) {
  HandDrivenNode node;
  struct Sink final : SessionSink {
    bool writable() const override { return true; }
    void SendSubscribeResults(std::span<const SubscribeResult>) override {}
    void SendPublishResults(const PublishResults&) override {}
    void SendDeliver(uint32_t, std::span<const Ref<const Record>> records) override {
      bytes = records.front()->bytes();
    }
    void SendGap(uint32_t, const Gap&) override {}
    void SendHeartbeat() override {}
    void SendGoAway(ErrorCode, uint32_t) override {}
    void SendNotice(ErrorCode, uint32_t) override {}
    void Close(ErrorCode) override {}
    std::string bytes;
  } sink;
  Session session(node.broker(), sink, {});
  Subscribe(session, 1, Literal("t"));
  // Fields 5 (time) and 6 (publisher) of a Message, set by the client in its Publish: other fields
  // there.
  const std::string claimed = std::string(
      "\x0a\x01t\x28\x01\x32\x03"
      "eve",
      10);
  wire::PublishView publish;
  ASSERT_TRUE(wire::PublishView::Parse(claimed, &publish));
  ASSERT_TRUE(node.broker().Publish(publish, "ann").ok());
  node.Settle();

  wire::MessageView view;
  ASSERT_TRUE(wire::MessageView::Parse(sink.bytes, &view));
  EXPECT_EQ(view.publisher, "ann");
  EXPECT_EQ(view.time_unix_us, node.clock.WallUnixMicros());
}

TEST(Broker, GoAwayIsSpreadOverTheWindow) {
  HandDrivenNode node;
  RecordingSink sinks[4];
  std::vector<std::unique_ptr<Session>> sessions;
  for (RecordingSink& sink : sinks) {
    sessions.push_back(std::make_unique<Session>(node.broker(), sink, SessionOptions{}));
  }
  node.broker().GoAway(ErrorCode::kShuttingDown, std::chrono::seconds(2));
  EXPECT_THAT(sinks[0].Take(), ElementsAre("go_away SHUTTING_DOWN 0"));
  EXPECT_THAT(sinks[3].Take(), ElementsAre("go_away SHUTTING_DOWN 1500"));
}

TEST(Broker, WhatStandsBesideThePayloadIsBounded) {
  HandDrivenNode node({.limits = {.attributes_bytes_max = 10}});
  wire::PublishView publish = Message("t", "x");
  publish.key = "0123456789";
  EXPECT_TRUE(node.broker().Publish(publish, "").ok());
  publish.key = "0123456789a";
  EXPECT_EQ(node.broker().Publish(publish, "").error, ErrorCode::kBadHeader);
}

TEST(Broker, ASessionThatEndsWhileTouchedIsForgotten) {
  HandDrivenNode node;
  RecordingSink stays_sink, goes_sink;
  Session stays(node.broker(), stays_sink, {});
  auto goes = std::make_unique<Session>(node.broker(), goes_sink, SessionOptions{});
  Subscribe(stays, 1, Literal("t"));
  Subscribe(*goes, 1, Literal("t"));
  node.broker().Publish(Message("t", "x"), "");
  goes.reset();
  node.Settle();
  EXPECT_THAT(goes_sink.Take(), IsEmpty());
  EXPECT_THAT(stays_sink.Take(), ElementsAre("subscribed 1", "t=x"));
  EXPECT_EQ(node.interest.Find("t", MatchScope::kAll).subscribers, 1u);
  EXPECT_EQ(node.broker().counters().sessions.value(), 1u);
  EXPECT_EQ(node.broker().counters().subscriptions.value(), 1u);
}

}  // namespace
}  // namespace belfry::core
