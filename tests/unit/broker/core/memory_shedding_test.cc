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

TEST_F(MemorySheddingTest, TheLongestQueueGivesUpHalfAndTellsSo) {
  RecordingSink stalled_sink;
  RecordingSink other_sink;
  const auto stalled = Subscriber(stalled_sink, "big");
  const auto other = Subscriber(other_sink, "small");
  stalled_sink.set_writable(false);
  other_sink.set_writable(false);
  ASSERT_TRUE(Publish("small", 100).ok());
  for (int i = 0; i < 75; ++i) ASSERT_TRUE(Publish("big", 1000).ok());
  node_.Settle();
  EXPECT_LT(node_.node.memory.used(), 70'000u);
  EXPECT_GT(node_.node.memory.used(), 30'000u);
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

TEST_F(MemorySheddingTest, ParkedSessionsGoAfterTheQueues) {
  RecordingSink sink;
  ErrorCode refused = ErrorCode::kNone;
  auto session = node_.broker().Open(sink, {.client_id = "ann", .resume_token = "token"}, &refused);
  ASSERT_NE(session, nullptr);
  session->Subscribe(1, kT, OverflowPolicy::kDropOldest, false);
  node_.Settle();
  node_.broker().Park(std::move(session));
  Publish("t", 1000);
  node_.node.memory.ObserveOther(75'000);
  node_.Settle();
  EXPECT_EQ(node_.broker().counters().shed.value(), 1u);
  EXPECT_EQ(node_.interest.size(), 0u);
  EXPECT_EQ(node_.node.memory.charged(), 0u);
}

}  // namespace
}  // namespace belfry::core
