// SPDX-License-Identifier: Apache-2.0
//
// The application's code throws: the client goes on, and says so.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/client-lib/client_harness.h"
#include "tests/unit/client-lib/held_executor.h"
#include "tests/unit/client-lib/subscription_log.h"

namespace belfry::client {
namespace {

struct Notices {
  ClientOptions options() {
    ClientOptions options;
    options.on_notice = [this](const Error& error) { list.push_back(error); };
    return options;
  }
  std::vector<Error> list;
};

TEST(ClientExceptions, AHandlerThatThrowsGetsTheNextMessageAllTheSame) {
  Notices notices;
  ClientHarness client(notices.options());
  client.Connect();
  Lines lines;
  Subscription subscription = client.core->Subscribe(Literal("t"),
                                                     [&](const Message& message) {
                                                       if (message.payload() == "bad")
                                                         throw std::runtime_error("cannot read it");
                                                       if (message.payload() == "worse") throw 42;
                                                       lines.emplace_back(message.payload());
                                                     },
                                                     {});
  client.ConfirmLast();
  for (const char* payload : {"1", "bad", "2", "worse", "3"}) client.Deliver("t", payload);
  EXPECT_EQ(lines, (Lines{"1", "2", "3"}));
  ASSERT_EQ(notices.list.size(), 2u);
  EXPECT_EQ(notices.list[0].code, Error::kHandlerThrew);
  EXPECT_NE(notices.list[0].text.find("cannot read it"), std::string::npos);
  EXPECT_FALSE(notices.list[1].text.empty());
  EXPECT_EQ(client.core->stats().handlers_threw, 2u);
}

TEST(ClientExceptions, EveryOtherCallbackToo) {
  Notices notices;
  ClientOptions options = notices.options();
  options.on_state = [](const StateChange&) { throw std::runtime_error("state"); };
  ClientHarness client(std::move(options));
  client.Connect();
  SubscribeOptions subscribe;
  subscribe.on_confirmed = [] { throw std::runtime_error("confirmed"); };
  subscribe.on_gap = [](const Gap&) { throw std::runtime_error("gap"); };
  Subscription subscription = client.core->Subscribe(
      Literal("t"), [](const Message&) {}, std::move(subscribe));
  client.ConfirmLast();
  client.SayGap(v1::GAP_CAUSE_OVERFLOW);
  const auto throws = [](const PublishOutcome&) { throw std::runtime_error("outcome"); };
  client.core->Publish("", "refused at once", {}, PublishCallback(throws));
  client.core->Publish("t", "taken in", {}, PublishCallback(throws));
  client.transport().FinishWrites();
  client.AckThrough(1);
  Lines texts;
  for (const Error& error : notices.list) {
    texts.push_back(error.text.substr(error.text.rfind(' ') + 1));
  }
  EXPECT_EQ(texts, (Lines{"state", "confirmed", "gap", "outcome", "outcome"}));
  EXPECT_EQ(client.core->stats().outcomes_ok, 1u);
  EXPECT_EQ(client.core->stats().publish_in_flight_bytes, 0u);
}

TEST(ClientExceptions, HoweverManyTheyDoNotPushOutOtherNews) {
  HeldTasks tasks;
  ClientOptions options;
  options.executor = tasks.executor;
  options.publish_when_full = WhenFull::kFail;
  options.publish_in_flight_bytes_max = 2 * PublishQueue::CostOf("t", "1", {});
  int told_of_room = 0;
  std::vector<State> states;
  uint64_t notices = 0;
  options.on_publish_room = [&] { ++told_of_room; };
  options.on_state = [&](const StateChange& change) { states.push_back(change.state); };
  options.on_notice = [&](const Error&) { ++notices; };
  ClientHarness client(std::move(options));
  client.Connect();
  std::vector<Subscription> subscriptions;
  for (int i = 0; i < 10; ++i) {
    subscriptions.push_back(client.core->Subscribe(
        Literal("h"), [](const Message&) { throw std::runtime_error("h"); }, {}));
    if (i == 0) client.ConfirmLast();
  }
  tasks->RunAll();
  states.clear();
  v1::ServerFrame frame;
  for (int i = 0; i < 128; ++i) ClientHarness::AddMessage(&frame, "h", "x");
  client.transport().Say(frame);
  auto first = client.Publish("t", "1");
  auto second = client.Publish("t", "2");
  EXPECT_EQ(client.Publish("t", "3").get().error.code, Error::kInFlightFull);
  client.transport().FinishWrites();
  client.AckThrough(2);
  client.Break();
  tasks->RunAll();
  EXPECT_EQ(told_of_room, 1);
  EXPECT_EQ(states, std::vector<State>{State::kReconnecting});
  EXPECT_EQ(client.core->stats().handlers_threw, 1'280u);
  EXPECT_GT(notices, 900u);
}

TEST(ClientExceptions, AnObserverOfExceptionsThatThrowsIsNotToldOfItself) {
  ClientOptions options;
  int calls = 0;
  options.on_notice = [&](const Error&) {
    ++calls;
    throw std::runtime_error("again");
  };
  ClientHarness client(std::move(options));
  client.Connect();
  Subscription subscription = client.core->Subscribe(
      Literal("t"), [](const Message&) { throw std::runtime_error("first"); }, {});
  client.ConfirmLast();
  client.Deliver("t", "1");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(client.core->stats().handlers_threw, 2u);
}

}  // namespace
}  // namespace belfry::client
