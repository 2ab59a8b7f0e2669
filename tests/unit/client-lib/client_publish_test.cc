// SPDX-License-Identifier: Apache-2.0
//
// Publishes of a client on a scripted network: every test is a short play.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/client-lib/client_harness.h"
#include "tests/unit/client-lib/held_executor.h"

namespace belfry::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = PublishOutcome::Kind;

TEST(ClientPublish, IdleIsWrittenAtOnceAndALoadGathers) {
  ClientHarness client;
  client.Connect();
  std::vector<std::future<PublishOutcome>> futures;
  for (int i = 0; i < 100; ++i) futures.push_back(client.Publish("t", std::to_string(i)));
  ASSERT_EQ(client.transport().last().publish().messages_size(), 1);
  client.transport().FinishWrite();
  ASSERT_EQ(client.transport().last().publish().messages_size(), 99);
  EXPECT_EQ(client.transport().last().publish().first_sequence(), 2u);
  client.transport().FinishWrites();
  client.AckThrough(100);
  for (auto& future : futures) EXPECT_EQ(future.get().kind, Kind::kOk);
  EXPECT_EQ(client.core->stats().outcomes_ok, 100u);
  EXPECT_EQ(client.core->stats().publish_in_flight_bytes, 0u);
}

TEST(ClientPublish, OutcomesCarryCountsAndErrors) {
  ClientHarness client;
  client.Connect();
  PublishOptions options;
  options.want_counts = true;
  auto ok = client.Publish("t", "1", options);
  auto failed = client.Publish("t", "2");
  client.transport().FinishWrites();
  v1::ServerFrame frame;
  frame.mutable_published()->set_producer_id(client.producer_id());
  v1::PublishOutcome* first = frame.mutable_published()->add_outcomes();
  first->set_sequence(1);
  first->set_achieved(v1::ACK_LEVEL_ACCEPTED);
  first->set_subscribers(7);
  first->set_nodes(2);
  v1::PublishOutcome* second = frame.mutable_published()->add_outcomes();
  second->set_sequence(2);
  second->set_outcome(v1::OUTCOME_FAILED);
  second->mutable_error()->set_code(Error::kBadHeader);
  client.transport().Say(frame);
  const PublishOutcome one = ok.get();
  EXPECT_TRUE(one.ok());
  EXPECT_EQ(one.achieved, AckLevel::kAccepted);
  EXPECT_EQ(one.subscribers, 7u);
  EXPECT_EQ(one.nodes, 2u);
  const PublishOutcome two = failed.get();
  EXPECT_EQ(two.kind, Kind::kFailed);
  EXPECT_EQ(two.error.code, Error::kBadHeader);
}

TEST(ClientPublish, WaitsForTheConnectionUntilItsDeadline) {
  ClientHarness client;
  PublishOptions brief;
  brief.timeout = milliseconds(100);
  auto lost = client.Publish("t", "brief", brief);
  auto kept = client.Publish("t", "kept");
  client.Advance(milliseconds(100));
  const PublishOutcome outcome = lost.get();
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.error.code, Error::kTimeout);
  client.Welcome();
  ASSERT_EQ(client.transport().last().publish().messages_size(), 1);
  EXPECT_EQ(client.transport().last().publish().messages(0).payload(), "kept");
  client.transport().FinishWrites();
  client.Advance(seconds(5));
  client.transport().FinishWrites();
  client.Advance(seconds(5));
  EXPECT_EQ(kept.get().kind, Kind::kUnknown);
}

TEST(ClientPublish, ABreakMakesWrittenOnesUnknownAndSendsTheOthersAnew) {
  ClientHarness client;
  client.Connect();
  auto written = client.Publish("t", "1");
  auto waiting = client.Publish("t", "2");
  client.Reconnect();
  EXPECT_EQ(written.get().kind, Kind::kUnknown);
  EXPECT_FALSE(ClientHarness::Settled(waiting));
  EXPECT_EQ(client.transport().last().publish().first_sequence(), 2u);
  EXPECT_EQ(client.transport().last().publish().messages(0).payload(), "2");
  client.transport().FinishWrites();
  client.AckThrough(2);
  EXPECT_EQ(waiting.get().kind, Kind::kOk);
}

TEST(ClientPublish, NothingIsOkThatWasNotSeenWritten) {
  ClientHarness client;
  client.Connect();
  PublishOptions none;
  none.ack = AckLevel::kNone;
  auto broken_off = client.Publish("t", "1", none);
  ASSERT_TRUE(client.transport().writing());
  client.Break();
  client.AwaitAttempt();
  // Its Hello is written, which says nothing of what the last session wrote.
  client.transport().FinishWrites();
  EXPECT_FALSE(ClientHarness::Settled(broken_off));
  client.transport().Say(ClientHarness::WelcomeFrame());
  EXPECT_EQ(broken_off.get().kind, Kind::kUnknown);
  auto written = client.Publish("t", "2", none);
  client.transport().FinishWrites();
  EXPECT_EQ(written.get().kind, Kind::kOk);
}

TEST(ClientPublish, AResumedSessionKnowsThatABrokenWriteArrived) {
  ClientHarness client;
  client.Connect();
  PublishOptions none;
  none.ack = AckLevel::kNone;
  auto arrived = client.Publish("t", "1", none);
  v1::ServerFrame welcome = ClientHarness::WelcomeFrame();
  welcome.mutable_welcome()->set_resumed(true);
  welcome.mutable_welcome()->set_publishes_through(1);
  client.Reconnect(welcome);
  ASSERT_TRUE(ClientHarness::Settled(arrived));
  EXPECT_EQ(arrived.get().kind, Kind::kOk);
}

TEST(ClientPublish, AnEndlessTimeoutNeverEnds) {
  ClientHarness client;
  PublishOptions options;
  options.timeout = milliseconds::max();
  auto kept = client.Publish("t", "1", options);
  client.Advance(std::chrono::hours(24 * 365));
  EXPECT_FALSE(ClientHarness::Settled(kept));
}

TEST(ClientPublish, WaitsOfAnyLength) {
  ClientHarness client;
  client.Connect();
  EXPECT_TRUE(client.core->WaitUntilConnected(milliseconds::max()));
  auto open = client.Publish("t", "1");
  EXPECT_FALSE(client.core->Flush(milliseconds::min()));
  Subscription subscription = client.core->Subscribe(Literal("t"), [](const Message&) {}, {});
  EXPECT_FALSE(subscription.WaitUntilConfirmed(milliseconds::min()));
}

TEST(ClientPublish, ARefusalIsToldAtOnceThoughTheExecutorIsStuck) {
  class Stuck final : public Executor {
   public:
    void Post(std::function<void()> task) override { tasks.push_back(std::move(task)); }
    std::vector<std::function<void()>> tasks;
  };
  auto stuck = std::make_shared<Stuck>();
  ClientOptions options;
  options.executor = stuck;
  ClientHarness client(std::move(options));
  client.Connect();
  stuck->tasks.clear();
  int refused = 0;
  for (int i = 1; i <= 1'000; ++i) {
    client.core->Publish("", "x", {}, PublishCallback([&](const PublishOutcome& outcome) {
                           EXPECT_EQ(outcome.error.code, Error::kBadTopic);
                           ++refused;
                         }));
    ASSERT_EQ(refused, i);
  }
  EXPECT_TRUE(stuck->tasks.empty());
  EXPECT_EQ(client.core->stats().outcomes_failed, 1'000u);
}

TEST(ClientPublish, RoomIsToldOnceForEachTimeItWasFull) {
  ClientOptions options;
  options.publish_in_flight_bytes_max = 4 * PublishQueue::CostOf("t", "1", {});
  options.publish_when_full = WhenFull::kFail;
  int told = 0;
  options.on_publish_room = [&] { ++told; };
  ClientHarness client(std::move(options));
  client.Connect();
  for (int round = 1; round <= 2; ++round) {
    std::vector<std::future<PublishOutcome>> taken;
    for (int i = 0; i < 4; ++i) taken.push_back(client.Publish("t", "1"));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(client.Publish("t", "1").get().error.code, Error::kInFlightFull);
    }
    client.transport().FinishWrites();
    const uint64_t before = static_cast<uint64_t>(4 * (round - 1));
    client.AckThrough(before + 1);
    EXPECT_EQ(told, round - 1) << "three of four wait: not yet half";
    client.AckThrough(before + 2);
    EXPECT_EQ(told, round);
    client.AckThrough(before + 4);
    EXPECT_EQ(told, round);
  }
}

TEST(ClientPublish, RoomIsNotToldBeforeWhatWasRefusedWouldFit) {
  HeldTasks tasks;
  ClientOptions options;
  options.executor = tasks.executor;
  options.publish_when_full = WhenFull::kFail;
  options.publish_in_flight_bytes_max = 2'800;
  const std::string large(2'000, 'l');
  std::vector<PublishOutcome::Kind> kinds;
  int told = 0;
  ClientCore* core = nullptr;
  options.on_publish_room = [&] {
    if (++told > 10) return;
    core->Publish("t", large, {},
                  [&](const PublishOutcome& outcome) { kinds.push_back(outcome.kind); });
  };
  ClientHarness client(std::move(options));
  core = client.core.get();
  client.Connect();
  // Its bytes are free only when its callback has run.
  client.core->Publish("t", std::string(1'000, 's'), {}, [](const PublishOutcome&) {});
  EXPECT_EQ(client.Publish("t", large).get().error.code, Error::kInFlightFull);
  client.transport().FinishWrites();
  client.AckThrough(1);
  tasks->RunAll();
  client.transport().FinishWrites();
  client.AckThrough(2);
  tasks->RunAll();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(kinds, std::vector<Kind>{Kind::kOk});
}

TEST(ClientPublish, AResumedSessionSettlesWhatArrivedAndSendsTheRestAgain) {
  ClientHarness client;
  client.Connect();
  auto taken = client.Publish("t", "1");
  client.transport().FinishWrites();
  auto lost = client.Publish("t", "2");
  client.transport().FinishWrites();
  v1::ServerFrame welcome = ClientHarness::WelcomeFrame();
  welcome.mutable_welcome()->set_resumed(true);
  welcome.mutable_welcome()->set_publishes_through(1);
  client.Reconnect(welcome);
  EXPECT_FALSE(ClientHarness::Settled(taken));
  client.AckThrough(1);
  EXPECT_EQ(taken.get().kind, Kind::kOk);
  // What did not arrive is sent again under the same sequence.
  EXPECT_FALSE(ClientHarness::Settled(lost));
  const v1::PublishBatch& again = client.transport().last().publish();
  ASSERT_EQ(again.messages_size(), 1);
  EXPECT_EQ(again.first_sequence(), 2u);
  EXPECT_EQ(again.messages(0).payload(), "2");
  client.AckThrough(2);
  EXPECT_EQ(lost.get().kind, Kind::kOk);
}

TEST(ClientPublish, SubscriptionsGoBeforePublishes) {
  ClientHarness client;
  Subscription subscription = client.core->Subscribe(Literal("t"), [](const Message&) {}, {});
  auto future = client.Publish("t", "1");
  client.Connect();
  EXPECT_TRUE(client.transport().last().has_subscribe());
  client.transport().FinishWrite();
  EXPECT_TRUE(client.transport().last().has_publish());
}

TEST(ClientPublish, WhatCannotBePublishedFailsAtOnce) {
  ClientHarness client;
  client.Connect();
  const auto code_of = [&](const std::string& topic, const std::string& payload) {
    const PublishOutcome outcome = client.Publish(topic, payload).get();
    EXPECT_EQ(outcome.kind, Kind::kFailed);
    return outcome.error.code;
  };
  EXPECT_EQ(code_of("", "x"), Error::kBadTopic);
  EXPECT_EQ(code_of("$sys", "x"), Error::kBadTopic);
  EXPECT_EQ(code_of("a\nb", "x"), Error::kBadTopic);
  EXPECT_EQ(code_of("t", std::string((1 << 20) + 1, 'x')), Error::kPayloadTooLarge);
  EXPECT_EQ(client.core->stats().outcomes_failed, 4u);
}

TEST(ClientPublish, AFullQueueFailsOrWaitsAsTold) {
  ClientOptions options;
  options.publish_in_flight_bytes_max = 2'000;
  options.publish_when_full = WhenFull::kFail;
  ClientHarness client(std::move(options));
  auto first = client.Publish("t", std::string(1'500, 'x'));
  EXPECT_EQ(client.Publish("t", std::string(1'500, 'x')).get().error.code, Error::kInFlightFull);
  client.Connect();
  client.transport().FinishWrites();
  client.AckThrough(1);
  auto second = client.Publish("t", std::string(1'500, 'x'));
  EXPECT_FALSE(ClientHarness::Settled(second));
}

TEST(ClientPublish, AFullQueueNeverBlocksACallback) {
  ClientOptions options;
  options.publish_in_flight_bytes_max = 2'000;
  ClientHarness client(std::move(options));
  client.Connect();
  std::future<PublishOutcome> first = client.Publish("t", std::string(1'500, 'x'));
  std::future<PublishOutcome> inside;
  Subscription subscription = client.core->Subscribe(
      Literal("t"), [&](const Message&) { inside = client.Publish("t", std::string(1'500, 'x')); },
      {});
  client.transport().FinishWrite();
  client.ConfirmLast();
  client.Deliver("t", "go");
  EXPECT_EQ(inside.get().error.code, Error::kInFlightFull);
}

TEST(ClientPublish, CallbacksComeInOrder) {
  ClientHarness client;
  client.Connect();
  std::vector<int> order;
  for (int i = 0; i < 600; ++i) {
    client.core->Publish("t", "x", {}, PublishCallback([&order, i](const PublishOutcome& outcome) {
                           EXPECT_TRUE(outcome.ok());
                           order.push_back(i);
                         }));
  }
  client.transport().FinishWrites();
  client.AckThrough(600);
  ASSERT_EQ(order.size(), 600u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(client.core->stats().publish_in_flight_bytes, 0u);
}

TEST(ClientPublish, FlushIsAboutWhatWasPublishedBefore) {
  ClientHarness client;
  client.Connect();
  EXPECT_TRUE(client.core->Flush(milliseconds(0)));
  auto future = client.Publish("t", "1");
  EXPECT_FALSE(client.core->Flush(milliseconds(0)));
  client.transport().FinishWrites();
  client.AckThrough(1);
  EXPECT_TRUE(client.core->Flush(milliseconds(0)));
}

}  // namespace
}  // namespace belfry::client
