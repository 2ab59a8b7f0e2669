// SPDX-License-Identifier: Apache-2.0
//
// Overflow policies of subscriptions, from the option to the broker and to the handler.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/unit/client-lib/client_harness.h"
#include "tests/unit/client-lib/held_executor.h"
#include "tests/unit/client-lib/subscription_log.h"

namespace belfry::client {
namespace {

SubscribeOptions With(Log& log, OverflowPolicy policy, size_t messages_max = 0) {
  SubscribeOptions options = log.options();
  options.overflow = policy;
  options.queue_messages_max = messages_max;
  return options;
}

// Confirms the SubscribeBatch written last, in the lanes that a broker would choose.
void ConfirmInLanes(ClientHarness& client) {
  ASSERT_TRUE(client.transport().last().has_subscribe());
  v1::ServerFrame frame;
  for (const v1::Subscribe& subscribe : client.transport().last().subscribe().subscriptions()) {
    v1::SubscribeResult* result = frame.mutable_subscribed()->add_results();
    result->set_id(subscribe.id());
    result->set_lane(subscribe.overflow());
  }
  client.transport().FinishWrites();
  client.transport().Say(frame);
}

void DeliverInLane(ClientHarness& client, uint32_t lane, const std::string& topic,
                   const std::string& payload) {
  v1::ServerFrame frame;
  frame.mutable_deliver()->set_lane(lane);
  ClientHarness::AddMessage(&frame, topic, payload);
  client.transport().Say(frame);
}

TEST(FanoutOverflow, TheBrokerIsToldThePolicy) {
  ClientHarness client;
  client.Connect();
  Log log;
  const std::pair<OverflowPolicy, v1::OverflowPolicy> policies[] = {
      {OverflowPolicy::kDropOldest, v1::OVERFLOW_POLICY_DROP_OLDEST},
      {OverflowPolicy::kDropNewest, v1::OVERFLOW_POLICY_DROP_NEWEST},
      {OverflowPolicy::kConflate, v1::OVERFLOW_POLICY_CONFLATE},
      {OverflowPolicy::kDisconnect, v1::OVERFLOW_POLICY_DISCONNECT}};
  std::vector<Subscription> kept;
  for (const auto& [policy, wire] : policies) {
    kept.push_back(client.core->Subscribe(Literal("t"), log.handler(), With(log, policy)));
    ASSERT_EQ(client.transport().last().subscribe().subscriptions_size(), 1);
    EXPECT_EQ(client.transport().last().subscribe().subscriptions(0).overflow(), wire);
    client.transport().FinishWrites();
  }
  EXPECT_EQ(client.core->stats().broker_subscriptions, 4u);
}

TEST(FanoutOverflow, OneFilterWithTwoPoliciesIsTwoLanes) {
  ClientHarness client;
  client.Connect();
  Log oldest;
  Log latest;
  Subscription a = client.core->Subscribe(Literal("t"), oldest.handler(),
                                          With(oldest, OverflowPolicy::kDropOldest));
  ConfirmInLanes(client);
  Subscription b = client.core->Subscribe(Literal("t"), latest.handler(),
                                          With(latest, OverflowPolicy::kConflate));
  ConfirmInLanes(client);
  DeliverInLane(client, 0, "t", "1");
  DeliverInLane(client, 2, "t", "2");
  v1::ServerFrame gap;
  gap.mutable_gap()->set_lane(2);
  v1::TopicGap* topic = gap.mutable_gap()->add_topics();
  topic->set_topic("t");
  topic->set_count(7);
  client.transport().Say(gap);
  EXPECT_EQ(oldest.lines, (Lines{"confirmed", "t=1"}));
  EXPECT_EQ(latest.lines, (Lines{"confirmed", "t=2", "gap0 t:7 7"}));
  b.Unsubscribe();
  DeliverInLane(client, 0, "t", "3");
  EXPECT_EQ(oldest.lines.back(), "t=3");
}

TEST(FanoutOverflow, ConflateHandsOverTheLatestOnly) {
  HeldTasks tasks;
  ClientOptions options;
  options.executor = tasks.executor;
  ClientHarness client(options);
  client.Connect();
  Log log;
  Subscription subscription =
      client.core->Subscribe(Literal("t"), log.handler(), With(log, OverflowPolicy::kConflate));
  ConfirmInLanes(client);
  for (int i = 1; i <= 5; ++i) DeliverInLane(client, 2, "t", std::to_string(i));
  tasks->RunAll();
  EXPECT_EQ(log.lines, (Lines{"confirmed", "t=5"}));
  EXPECT_EQ(client.core->stats().messages_replaced, 4u);
  EXPECT_EQ(client.core->stats().messages_dropped, 0u);
}

TEST(FanoutOverflow, DisconnectEndsTheSlowSubscriptionAloneAfterWhatWaited) {
  HeldTasks tasks;
  ClientOptions options;
  options.executor = tasks.executor;
  ClientHarness client(options);
  client.Connect();
  Log slow;
  Log fast;
  Subscription a = client.core->Subscribe(Literal("t"), slow.handler(),
                                          With(slow, OverflowPolicy::kDisconnect, 2));
  ConfirmInLanes(client);
  Subscription b = client.core->Subscribe(Literal("t"), fast.handler(), With(fast, {}));
  ConfirmInLanes(client);
  for (int i = 1; i <= 3; ++i) {
    DeliverInLane(client, 3, "t", std::to_string(i));
    DeliverInLane(client, 0, "t", std::to_string(i));
  }
  EXPECT_FALSE(a.confirmed());
  EXPECT_EQ(a.error().code, Error::kSlowSubscriber);
  ASSERT_TRUE(client.transport().last().has_unsubscribe());
  EXPECT_TRUE(client.transport().open());
  tasks->RunAll();
  EXPECT_EQ(slow.lines, (Lines{"confirmed", "t=1", "t=2", "refused 25"}));
  EXPECT_EQ(fast.lines, (Lines{"confirmed", "t=1", "t=2", "t=3"}));
  EXPECT_EQ(client.core->stats().broker_subscriptions, 1u);
}

TEST(FanoutOverflow, ASessionThatEndsForItsSlowLaneEndsThatLanesSubscriptions) {
  ClientHarness client;
  client.Connect();
  Log strict;
  Log tolerant;
  Subscription a = client.core->Subscribe(Literal("t"), strict.handler(),
                                          With(strict, OverflowPolicy::kDisconnect));
  ConfirmInLanes(client);
  Subscription b = client.core->Subscribe(Literal("t"), tolerant.handler(), With(tolerant, {}));
  ConfirmInLanes(client);
  client.transport().End(Error{Error::kSlowSubscriber, "too slow", true, 0});
  EXPECT_EQ(strict.lines, (Lines{"confirmed", "refused 25"}));
  EXPECT_EQ(a.error().code, Error::kSlowSubscriber);
  client.AwaitAttempt();
  client.Welcome();
  ASSERT_EQ(client.transport().last().subscribe().subscriptions_size(), 1);
  ConfirmInLanes(client);
  DeliverInLane(client, 0, "t", "1");
  EXPECT_EQ(tolerant.lines, (Lines{"confirmed", "t=1"}));
  EXPECT_EQ(client.core->stats().broker_subscriptions, 1u);
  a.Unsubscribe();
  EXPECT_FALSE(client.transport().last().has_unsubscribe());
}

}  // namespace
}  // namespace belfry::client
