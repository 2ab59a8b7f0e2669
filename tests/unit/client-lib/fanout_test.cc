// SPDX-License-Identifier: Apache-2.0
//
// Subscriptions seen through a client on a scripted network: sharing, order, gaps, refusal, ends.
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/client-lib/client_harness.h"
#include "tests/unit/client-lib/held_executor.h"
#include "tests/unit/client-lib/subscription_log.h"

namespace belfry::client {
namespace {

TEST(Fanout, SubscribesConfirmsAndDelivers) {
  ClientHarness client;
  client.Connect();
  Log log;
  Subscription subscription =
      client.core->Subscribe(Wildcard("rooms.>"), log.handler(), log.options());
  EXPECT_EQ(subscription.filter(), Wildcard("rooms.>"));
  EXPECT_FALSE(subscription.confirmed());
  client.ConfirmLast();
  EXPECT_TRUE(subscription.WaitUntilConfirmed(std::chrono::milliseconds(0)));
  client.Deliver("rooms.1", "hello");
  client.Deliver("other", "no");
  EXPECT_EQ(log.lines, (Lines{"confirmed", "rooms.1=hello"}));
}

TEST(Fanout, SameFilterIsOneBrokerSubscriptionFromFirstToLast) {
  ClientHarness client;
  client.Connect();
  Log first;
  Log second;
  Subscription a = client.core->Subscribe(Literal("t"), first.handler(), first.options());
  client.ConfirmLast();
  const size_t written = client.transport().written().size();
  Subscription b = client.core->Subscribe(Literal("t"), second.handler(), second.options());
  EXPECT_TRUE(b.confirmed());
  EXPECT_EQ(client.transport().written().size(), written);
  EXPECT_EQ(client.core->stats().subscriptions, 2u);
  EXPECT_EQ(client.core->stats().broker_subscriptions, 1u);
  client.Deliver("t", "1");
  a.Unsubscribe();
  a.Unsubscribe();
  EXPECT_EQ(client.transport().written().size(), written);
  client.Deliver("t", "2");
  b = Subscription();
  ASSERT_EQ(client.transport().written().size(), written + 1);
  EXPECT_EQ(client.transport().last().unsubscribe().ids_size(), 1);
  EXPECT_EQ(first.lines, (Lines{"confirmed", "t=1"}));
  EXPECT_EQ(second.lines, (Lines{"confirmed", "t=1", "t=2"}));
  EXPECT_EQ(client.core->stats().broker_subscriptions, 0u);
}

TEST(Fanout, TenThousandHandlersOfATopicAllGetIt) {
  ClientHarness client;
  client.Connect();
  int calls = 0;
  std::vector<Subscription> subscriptions;
  for (int i = 0; i < 10'000; ++i) {
    subscriptions.push_back(
        client.core->Subscribe(Literal("t"), [&](const Message&) { ++calls; }, {}));
  }
  client.ConfirmLast();
  v1::ServerFrame frame;
  for (int i = 0; i < 5; ++i) ClientHarness::AddMessage(&frame, "t", "x");
  client.transport().Say(frame);
  EXPECT_EQ(calls, 50'000);
  EXPECT_EQ(client.core->stats().broker_subscriptions, 1u);
}

TEST(Fanout, AMessageOfSeveralFiltersReachesEachOnce) {
  ClientHarness client;
  client.Connect();
  Log log;
  Subscription a = client.core->Subscribe(Literal("a.b"), log.handler(), {});
  Subscription b = client.core->Subscribe(Wildcard("a.*"), log.handler(), {});
  Subscription c = client.core->Subscribe(Glob("a*"), log.handler(), {});
  client.ConfirmLast();
  client.ConfirmLast();
  client.Deliver("a.b", "x");
  EXPECT_EQ(log.lines, Lines(3, "a.b=x"));
}

TEST(Fanout, NothingComesBeforeItsOwnConfirmation) {
  ClientHarness client;
  client.Connect();
  Log all;
  Log one;
  Subscription a = client.core->Subscribe(Wildcard(">"), all.handler(), all.options());
  client.ConfirmLast();
  Subscription b = client.core->Subscribe(Literal("t"), one.handler(), one.options());
  client.Deliver("t", "1");
  client.ConfirmLast();
  client.Deliver("t", "2");
  EXPECT_EQ(all.lines, (Lines{"confirmed", "t=1", "t=2"}));
  EXPECT_EQ(one.lines, (Lines{"confirmed", "t=2"}));
}

TEST(Fanout, GapsReachThoseConcernedInOrder) {
  ClientHarness client;
  client.Connect();
  Log a;
  Log b;
  Subscription sa = client.core->Subscribe(Literal("a"), a.handler(), a.options());
  Subscription sb = client.core->Subscribe(Wildcard("b.*"), b.handler(), b.options());
  client.ConfirmLast();
  client.ConfirmLast();
  client.Deliver("a", "1");
  v1::ServerFrame gap;
  gap.mutable_gap()->set_cause(v1::GAP_CAUSE_OVERFLOW);
  for (const char* topic : {"b.x", "b.y"}) {
    v1::TopicGap* lost = gap.mutable_gap()->add_topics();
    lost->set_topic(topic);
    lost->set_count(2);
  }
  client.transport().Say(gap);
  client.SayGap(v1::GAP_CAUSE_PEER_LINK);
  client.Deliver("a", "2");
  EXPECT_EQ(a.lines, (Lines{"confirmed", "a=1", "gap2 ?", "a=2"}));
  EXPECT_EQ(b.lines, (Lines{"confirmed", "gap0 b.x:2 b.y:2 4", "gap2 ?"}));
}

TEST(Fanout, ARefusedSubscriptionIsDeadAndItsFilterMayBeTriedAgain) {
  ClientHarness client;
  client.Connect();
  Log log;
  Subscription a = client.core->Subscribe(Literal("t"), log.handler(), log.options());
  v1::ServerFrame refused;
  v1::SubscribeResult* result = refused.mutable_subscribed()->add_results();
  result->set_id(client.transport().last().subscribe().subscriptions(0).id());
  result->set_verdict(v1::VERDICT_REFUSED);
  result->mutable_error()->set_code(Error::kTooManySubscriptions);
  client.transport().FinishWrites();
  client.transport().Say(refused);
  EXPECT_EQ(log.lines, Lines{"refused 5"});
  EXPECT_FALSE(a.WaitUntilConfirmed(std::chrono::milliseconds(0)));
  EXPECT_EQ(a.error().code, Error::kTooManySubscriptions);
  Subscription b = client.core->Subscribe(Literal("t"), log.handler(), {});
  client.ConfirmLast();
  EXPECT_TRUE(b.confirmed());
}

TEST(Fanout, AMalformedFilterIsRefusedWithoutTheBroker) {
  ClientHarness client;
  client.Connect();
  const size_t written = client.transport().written().size();
  Log log;
  Subscription a = client.core->Subscribe(Wildcard("a.>.b"), log.handler(), log.options());
  EXPECT_EQ(log.lines, Lines{"refused 2"});
  EXPECT_FALSE(a.error().text.empty());
  EXPECT_EQ(client.transport().written().size(), written);
}

TEST(Fanout, ASlowHandlerLosesItsOldestAndIsTold) {
  const HeldTasks held;
  ClientOptions options;
  options.executor = held.executor;
  options.subscription_queue_messages_max = 3;
  ClientHarness client(std::move(options));
  client.Connect();
  Log log;
  Subscription slow = client.core->Subscribe(Literal("t"), log.handler(), log.options());
  client.ConfirmLast();
  for (int i = 0; i < 10; ++i) client.Deliver("t", std::to_string(i));
  EXPECT_EQ(slow.queued(), 3u);
  EXPECT_EQ(slow.dropped(), 7u);
  held->RunAll();
  EXPECT_EQ(log.lines, (Lines{"confirmed", "gap6 t:7 7", "t=7", "t=8", "t=9"}));
  EXPECT_EQ(client.core->stats().messages_dropped, 7u);
}

TEST(Fanout, ALongQueueIsHandledInTurns) {
  const HeldTasks held;
  ClientOptions options;
  options.executor = held.executor;
  ClientHarness client(std::move(options));
  client.Connect();
  held->RunAll();
  Log busy;
  Log calm;
  Subscription a = client.core->Subscribe(Literal("a"), busy.handler(), {});
  Subscription b = client.core->Subscribe(Literal("b"), calm.handler(), {});
  client.ConfirmLast();
  client.ConfirmLast();
  held->RunAll();
  for (int i = 0; i < 1'000; ++i) client.Deliver("a", "x");
  client.Deliver("b", "y");
  held->RunOne();
  EXPECT_LT(busy.lines.size(), 200u);
  held->RunOne();
  EXPECT_EQ(calm.lines, Lines{"b=y"});
  held->RunAll();
  EXPECT_EQ(busy.lines.size(), 1'000u);
}

TEST(Fanout, AfterUnsubscribeNothingIsHandledAnyMore) {
  const HeldTasks held;
  ClientOptions options;
  options.executor = held.executor;
  ClientHarness client(std::move(options));
  client.Connect();
  Log log;
  Subscription subscription = client.core->Subscribe(Literal("t"), log.handler(), log.options());
  client.ConfirmLast();
  client.Deliver("t", "1");
  subscription.Unsubscribe();
  held->RunAll();
  EXPECT_EQ(log.lines, Lines{});
}

TEST(Fanout, AHandlerMayEndItsOwnSubscription) {
  ClientHarness client;
  client.Connect();
  Lines lines;
  auto token = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = token;
  auto subscription = std::make_unique<Subscription>();
  *subscription = client.core->Subscribe(Literal("t"),
                                         [&, token](const Message& message) {
                                           lines.emplace_back(message.payload());
                                           subscription.reset();
                                         },
                                         {});
  token.reset();
  client.ConfirmLast();
  v1::ServerFrame frame;
  ClientHarness::AddMessage(&frame, "t", "1");
  ClientHarness::AddMessage(&frame, "t", "2");
  client.transport().Say(frame);
  EXPECT_EQ(lines, Lines{"1"});
  // And what the handler held is gone with it.
  EXPECT_TRUE(watched.expired());
}

TEST(Fanout, ASubscriptionMayOutliveItsClient) {
  Log log;
  Subscription subscription;
  {
    ClientHarness client;
    client.Connect();
    subscription = client.core->Subscribe(Literal("t"), log.handler(), {});
    client.ConfirmLast();
  }
  EXPECT_FALSE(subscription.confirmed());
  subscription.Unsubscribe();
}

TEST(Fanout, ReconnectSubscribesAnewAndTellsTheBreakOnce) {
  ClientHarness client;
  client.Connect();
  Log a;
  Log b;
  Subscription sa = client.core->Subscribe(Literal("a"), a.handler(), a.options());
  Subscription sb = client.core->Subscribe(Literal("b"), b.handler(), b.options());
  client.ConfirmLast();
  client.ConfirmLast();
  client.Reconnect();
  const v1::ClientFrame again = client.transport().last();
  ASSERT_EQ(again.subscribe().subscriptions_size(), 2);
  client.transport().FinishWrites();
  // The broker confirms one, tells the break, and then confirms the other: both must hear of it,
  // each before what comes after its own confirmation.
  v1::ServerFrame first;
  first.mutable_subscribed()->add_results()->set_id(again.subscribe().subscriptions(0).id());
  client.transport().Say(first);
  client.SayGap(v1::GAP_CAUSE_RECONNECT);
  v1::ServerFrame second;
  second.mutable_subscribed()->add_results()->set_id(again.subscribe().subscriptions(1).id());
  client.transport().Say(second);
  client.Deliver("a", "1");
  client.Deliver("b", "1");
  EXPECT_EQ(a.lines, (Lines{"confirmed", "gap1 ?", "a=1"}));
  EXPECT_EQ(b.lines, (Lines{"confirmed", "gap1 ?", "b=1"}));
}

TEST(Fanout, ASubscriptionMadeDuringTheBreakHasNoPartInIt) {
  ClientHarness client;
  client.Connect();
  Log old_log;
  Log new_log;
  Log joined;
  Subscription a = client.core->Subscribe(Literal("a"), old_log.handler(), old_log.options());
  client.ConfirmLast();
  client.Break();
  Subscription b = client.core->Subscribe(Literal("b"), new_log.handler(), new_log.options());
  Subscription c = client.core->Subscribe(Literal("a"), joined.handler(), joined.options());
  EXPECT_FALSE(c.confirmed());
  client.AwaitAttempt();
  client.Welcome();
  client.ConfirmLast();
  client.SayGap(v1::GAP_CAUSE_RECONNECT);
  EXPECT_EQ(old_log.lines, (Lines{"confirmed", "gap1 ?"}));
  EXPECT_EQ(new_log.lines, Lines{"confirmed"});
  EXPECT_EQ(joined.lines, Lines{"confirmed"});
}

TEST(Fanout, AResumedSessionGoesOnWithoutSubscribingAgain) {
  ClientHarness client;
  client.Connect();
  Log log;
  Log joined;
  Subscription a = client.core->Subscribe(Literal("a"), log.handler(), log.options());
  client.ConfirmLast();
  client.Break();
  Subscription b = client.core->Subscribe(Literal("a"), joined.handler(), joined.options());
  client.AwaitAttempt();
  v1::ServerFrame welcome = ClientHarness::WelcomeFrame();
  welcome.mutable_welcome()->set_resumed(true);
  client.Welcome(welcome);
  EXPECT_TRUE(client.changes.back().resumed);
  EXPECT_TRUE(client.transport().last().has_hello());
  client.Deliver("a", "1");
  EXPECT_EQ(log.lines, (Lines{"confirmed", "a=1"}));
  EXPECT_EQ(joined.lines, (Lines{"confirmed", "a=1"}));
}

}  // namespace
}  // namespace belfry::client
