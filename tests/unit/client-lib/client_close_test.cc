// SPDX-License-Identifier: Apache-2.0
//
// How clients end, on a scripted network: every test is a short play.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "tests/unit/client-lib/client_harness.h"

namespace belfry::client {
namespace {

using std::chrono::milliseconds;
using Kind = PublishOutcome::Kind;

std::vector<State> StatesOf(const ClientHarness& client) {
  std::vector<State> states;
  for (const StateChange& change : client.changes) states.push_back(change.state);
  return states;
}

TEST(ClientClose, SettlesAllSaysGoodbyeAndIsFinal) {
  ClientHarness client;
  client.Connect();
  Subscription subscription = client.core->Subscribe(Literal("t"), [](const Message&) {}, {});
  client.ConfirmLast();
  auto written = client.Publish("t", "1");
  client.transport().FinishWrites();
  client.Deliver("t", "x");
  client.core->Close();
  client.core->Close();
  EXPECT_EQ(written.get().kind, Kind::kUnknown);
  EXPECT_FALSE(subscription.confirmed());
  EXPECT_TRUE(client.transport().last().has_goodbye());
  EXPECT_EQ(client.core->state(), State::kClosed);
  EXPECT_EQ(client.Publish("t", "2").get().error.code, Error::kClientClosed);
  Subscription late = client.core->Subscribe(Literal("t"), [](const Message&) {}, {});
  EXPECT_EQ(late.error().code, Error::kClientClosed);
  client.transport().FinishWrites();
  client.transport().End();
  EXPECT_FALSE(client.core->Step().has_value());
  EXPECT_EQ(client.changes.back().state, State::kClosed);
  EXPECT_EQ(client.attempts(), 1u);
}

TEST(ClientClose, WhileNotConnected) {
  ClientHarness client;
  auto waiting = client.Publish("t", "1");
  client.core->Close();
  EXPECT_EQ(waiting.get().kind, Kind::kFailed);
  EXPECT_FALSE(client.core->Step().has_value());
  EXPECT_EQ(client.attempts(), 0u);
}

TEST(ClientClose, WhileConnecting) {
  ClientHarness client;
  client.core->Step();
  client.core->Close();
  EXPECT_TRUE(client.transport().cancelled());
  EXPECT_TRUE(client.core->Step().has_value());
  client.transport().End();
  EXPECT_FALSE(client.core->Step().has_value());
}

TEST(ClientClose, ADeafBrokerIsNotWaitedFor) {
  ClientHarness client;
  client.Connect();
  auto stuck = client.Publish("t", "1");
  client.core->Close();
  // The write in flight never ends.
  client.Advance(milliseconds(500));
  EXPECT_TRUE(client.transport().cancelled());
}

TEST(ClientClose, InsideAHandlerAndInsideAnOutcome) {
  ClientHarness client;
  client.Connect();
  Subscription subscription =
      client.core->Subscribe(Literal("t"), [&](const Message&) { client.core->Close(); }, {});
  client.ConfirmLast();
  bool told = false;
  client.core->Publish("t", "1", {}, PublishCallback([&](const PublishOutcome& outcome) {
                         told = true;
                         EXPECT_EQ(outcome.kind, Kind::kUnknown);
                         client.core->Close();
                         client.core->AwaitEnd();
                       }));
  client.Deliver("t", "x");
  EXPECT_TRUE(told);
  EXPECT_EQ(client.core->state(), State::kClosed);
}

TEST(ClientClose, DrainTakesNoMoreAndCloses) {
  ClientHarness client;
  client.Connect();
  auto future = client.Publish("t", "1");
  client.transport().FinishWrites();
  client.AckThrough(1);
  EXPECT_TRUE(client.core->Drain(milliseconds(0)));
  EXPECT_EQ(client.Publish("t", "2").get().kind, Kind::kFailed);
  EXPECT_EQ(StatesOf(client),
            (std::vector<State>{State::kConnected, State::kDraining, State::kClosed}));
}

TEST(ClientClose, ADrainThatTakesTooLongSaysSo) {
  ClientHarness client;
  client.Connect();
  auto future = client.Publish("t", "1");
  EXPECT_FALSE(client.core->Drain(milliseconds(0)));
  EXPECT_EQ(future.get().kind, Kind::kUnknown);
}

}  // namespace
}  // namespace belfry::client
