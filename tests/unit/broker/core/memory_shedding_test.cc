// SPDX-License-Identifier: Apache-2.0
//
// What a broker does as its node's memory runs out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/core/broker.h"
#include "tests/support/hand_driven_node.h"
#include "tests/support/recording_sink.h"

namespace belfry::core {
namespace {

using test::HandDrivenNode;
using test::Message;
using test::RecordingSink;

constexpr FilterView kT{FilterKind::kLiteral, "t"};

class MemorySheddingTest : public testing::Test {
 protected:
  MemorySheddingTest() : node_({.memory_limit = 100'000}) {}

  std::unique_ptr<Session> Subscriber(RecordingSink& sink, std::string_view topic) {
    auto session = std::make_unique<Session>(node_.broker(), sink, SessionOptions{});
    session->Subscribe(1, {FilterKind::kLiteral, topic}, OverflowPolicy::kDropOldest, false);
    node_.Settle();
    sink.Take();
    return session;
  }
  PublishOutcome Publish(std::string_view topic, size_t bytes) {
    const std::string payload(bytes, 'x');
    return node_.broker().Publish(Message(topic, payload), "");
  }

  HandDrivenNode node_;
};

TEST_F(MemorySheddingTest, TheLongestQueueGivesUpAndTellsSo) {
  RecordingSink stalled_sink;
  RecordingSink other_sink;
  const auto stalled = Subscriber(stalled_sink, "big");
  const auto other = Subscriber(other_sink, "small");
  stalled_sink.set_writable(false);
  other_sink.set_writable(false);
  ASSERT_TRUE(Publish("small", 100).ok());
  for (int i = 0; i < 75; ++i) {
    ASSERT_TRUE(Publish("big", 1000).ok());
    node_.Settle();
  }
  EXPECT_LT(node_.node.memory.used(), 72'000u);
  EXPECT_GT(node_.node.memory.used(), 20'000u);
  const uint64_t shed = node_.broker().counters().shed.value();
  EXPECT_GT(shed, 0u);
  EXPECT_EQ(node_.broker().counters().dropped.value(), shed);
  stalled_sink.set_writable(true);
  stalled->Touch();
  other_sink.set_writable(true);
  other->Touch();
  node_.Settle();
  EXPECT_THAT(stalled_sink.Take(), testing::Contains("gap big:" + std::to_string(shed) +
                                                     " total=" + std::to_string(shed)));
  EXPECT_EQ(other_sink.Take().size(), 1u);
  EXPECT_EQ(node_.node.memory.used(), 0u);
}

TEST_F(MemorySheddingTest, WhoeverKeepsUpLosesNothing) {
  RecordingSink sink;
  const auto session = Subscriber(sink, "t");
  // Not by queues: by whatever else the process holds.
  for (int second = 0; second < 10; ++second) {
    node_.node.memory.ObserveOther(79'000);
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(Publish("t", 1000).ok());
      node_.Settle();
    }
  }
  EXPECT_EQ(node_.broker().counters().shed.value(), 0u);
  EXPECT_EQ(sink.Take().size(), 50u);
}

TEST_F(MemorySheddingTest, WhatQueuesCannotMendEmptiesThemOnlyBitByBit) {
  RecordingSink sink;
  const auto session = Subscriber(sink, "t");
  sink.set_writable(false);
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(Publish("t", 100).ok());
  node_.node.memory.ObserveOther(79'000);
  for (int i = 0; i < 10; ++i) node_.Settle();
  // Half of it, until the next look at what the process uses.
  EXPECT_EQ(session->queued_messages(), 8u);
}

TEST(MemoryShedding, AReactorGivesUpItsPartAndNotThatOfOthers) {
  HandDrivenNode node({.reactors = 2, .memory_limit = 1'000'000});
  RecordingSink heavy_sink;
  RecordingSink light_sink;
  Session heavy(node.broker(0), heavy_sink, {});
  Session light(node.broker(1), light_sink, {});
  heavy.Subscribe(1, {FilterKind::kLiteral, "heavy"}, OverflowPolicy::kDropOldest, false);
  light.Subscribe(1, {FilterKind::kLiteral, "light"}, OverflowPolicy::kDropOldest, false);
  node.Settle();
  heavy_sink.set_writable(false);
  light_sink.set_writable(false);
  const std::string payload(1000, 'x');
  for (int i = 0; i < 20; ++i) node.broker(0).Publish(Message("light", payload), "");
  for (int i = 0; i < 600; ++i) node.broker(0).Publish(Message("heavy", payload), "");
  node.Settle();
  for (size_t i = 0; i < 2; ++i) node.broker(i).Tick();
  // The light one's reactor has its turn first.
  node.node.memory.ObserveOther(200'000);
  node.Turn(1);
  node.Turn(0);
  EXPECT_GT(heavy.dropped(), 50u);
  EXPECT_LE(light.dropped(), 11u);
}

TEST_F(MemorySheddingTest, RefusesSubscribersThenPublishersAndTakesThemAgain) {
  RecordingSink sink;
  const auto session = Subscriber(sink, "t");
  node_.node.memory.ObserveOther(85'000);
  node_.Settle();
  EXPECT_TRUE(Publish("t", 10).ok());
  session->Subscribe(2, {FilterKind::kLiteral, "u"}, OverflowPolicy::kDropOldest, false);
  ErrorCode refused = ErrorCode::kNone;
  EXPECT_EQ(node_.broker().Open(sink, {}, &refused), nullptr);
  EXPECT_EQ(refused, ErrorCode::kNodeMemory);
  node_.Settle();
  EXPECT_THAT(sink.Take(), testing::Contains("refused 2 NODE_MEMORY"));

  node_.node.memory.ObserveOther(95'000);
  node_.Settle();
  EXPECT_EQ(Publish("t", 10).error, ErrorCode::kNodeMemory);

  node_.node.memory.ObserveOther(10'000);
  node_.Settle();
  EXPECT_TRUE(Publish("t", 10).ok());
  session->Subscribe(2, {FilterKind::kLiteral, "u"}, OverflowPolicy::kDropOldest, false);
  node_.Settle();
  EXPECT_THAT(sink.Take(), testing::Contains("subscribed 2"));
}

TEST_F(MemorySheddingTest, WhatSubscribesAgainIsNoNewLoad) {
  RecordingSink sink;
  const auto session = Subscriber(sink, "t");
  node_.node.memory.ObserveOther(85'000);
  node_.Settle();
  session->Subscribe(1, kT, OverflowPolicy::kDropOldest, false);
  node_.Settle();
  EXPECT_EQ(sink.Take().back(), "subscribed 1");
}

TEST_F(MemorySheddingTest, WhenItIsWorseParkedSessionsGoTheOlderFirst) {
  RecordingSink sink;
  ErrorCode refused = ErrorCode::kNone;
  for (const char* name : {"a", "b", "c", "d"}) {
    auto session = node_.broker().Open(sink, {.client_id = name, .resume_token = name}, &refused);
    ASSERT_NE(session, nullptr);
    session->Subscribe(1, {FilterKind::kLiteral, name}, OverflowPolicy::kDropOldest, false);
    node_.Settle();
    node_.broker().Park(std::move(session));
  }
  node_.node.memory.ObserveOther(75'000);
  node_.Settle();
  EXPECT_EQ(node_.interest.size(), 4u);
  node_.node.memory.ObserveOther(85'000);
  node_.Settle();
  EXPECT_EQ(node_.interest.size(), 2u);
  EXPECT_TRUE(node_.interest.Find("a", MatchScope::kAll).destinations.empty());
  EXPECT_FALSE(node_.interest.Find("d", MatchScope::kAll).destinations.empty());
}

}  // namespace
}  // namespace belfry::core
