// SPDX-License-Identifier: Apache-2.0
//
// Sessions and publishes of a client on a scripted network: every test is a short play.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/client-lib/client_harness.h"

namespace belfry::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = PublishOutcome::Kind;

std::vector<State> StatesOf(const ClientHarness& client) {
  std::vector<State> states;
  for (const StateChange& change : client.changes) states.push_back(change.state);
  return states;
}

TEST(ClientSession, HelloWelcomeConnected) {
  ClientHarness client;
  EXPECT_EQ(client.core->state(), State::kConnecting);
  EXPECT_FALSE(client.core->WaitUntilConnected(milliseconds(0)));
  client.core->Step();
  ASSERT_EQ(client.attempts(), 1u);
  const v1::Hello hello = client.transport().last().hello();
  EXPECT_EQ(hello.client_id(), "test-client");
  EXPECT_EQ(hello.min_version(), 1u);
  EXPECT_EQ(hello.max_version(), 1u);
  EXPECT_GT(hello.incarnation(), 0u);
  EXPECT_TRUE(hello.resume_token().empty());
  client.Welcome();
  EXPECT_TRUE(client.core->WaitUntilConnected(milliseconds(0)));
  ASSERT_EQ(client.changes.size(), 1u);
  EXPECT_EQ(client.changes[0].state, State::kConnected);
  EXPECT_EQ(client.changes[0].node_id, "node-1");
  EXPECT_EQ(client.changes[0].endpoint, "127.0.0.1:7450");
  EXPECT_FALSE(client.changes[0].resumed);
}

TEST(ClientSession, ABreakIsToldAndHealedWithTheTokenAndTheCount) {
  ClientHarness client;
  client.Connect();
  client.SayGap(v1::GAP_CAUSE_OVERFLOW);
  client.Deliver("t", "x");
  v1::ServerFrame heartbeat;
  heartbeat.mutable_heartbeat();
  client.transport().Say(heartbeat);
  client.Break();
  EXPECT_EQ(client.core->state(), State::kReconnecting);
  EXPECT_EQ(client.changes.back().reason.code, Error::kConnectionLost);
  client.AwaitAttempt();
  const v1::Hello hello = client.transport().last().hello();
  EXPECT_EQ(hello.resume_token(), "0123456789abcdef");
  // Welcome and Heartbeat are not numbered.
  EXPECT_EQ(hello.received_through(), 2u);
  client.Welcome();
  EXPECT_EQ(StatesOf(client),
            (std::vector<State>{State::kConnected, State::kReconnecting, State::kConnected}));
  // A new session counts from the start.
  client.Reconnect();
  EXPECT_EQ(client.transport().written()[0].hello().received_through(), 0u);
  EXPECT_EQ(client.core->stats().connects, 3u);
}

TEST(ClientSession, TriesForEverEveryEndpointWithBoundedWaits) {
  ClientOptions options;
  options.endpoints = {"a:1", "b:1", "c:1"};
  ClientHarness client(std::move(options));
  client.core->Step();
  std::set<std::string> first_three;
  for (int i = 0; i < 200; ++i) {
    if (i < 3) first_three.insert(client.transport().endpoint());
    client.Break();
    const size_t before = client.attempts();
    client.Advance(seconds(5));
    ASSERT_EQ(client.attempts(), before + 1) << "waited longer than the ceiling";
  }
  EXPECT_EQ(first_three.size(), 3u);
  EXPECT_EQ(client.core->state(), State::kConnecting);
}

TEST(ClientSession, WaitsGrowAndBeginAnewAfterAWelcome) {
  ClientOptions options;
  options.reconnect_backoff_min = milliseconds(50);
  options.reconnect_backoff_max = seconds(5);
  ClientHarness client(std::move(options));
  client.Connect();
  // Full jitter may draw short waits, but not always.
  Duration longest{0};
  for (int i = 0; i < 40; ++i) {
    client.Break();
    Duration waited{0};
    const size_t before = client.attempts();
    while (client.attempts() == before) {
      client.Advance(milliseconds(50));
      waited += milliseconds(50);
    }
    longest = std::max(longest, waited);
  }
  EXPECT_GT(longest, seconds(2));
  client.Welcome();
  client.Break();
  const size_t before = client.attempts();
  client.Advance(milliseconds(50));
  EXPECT_EQ(client.attempts(), before + 1);
}

TEST(ClientSession, AnAttemptWithoutWelcomeIsGivenUp) {
  ClientHarness client;
  client.core->Step();
  client.transport().FinishWrites();
  client.Advance(milliseconds(4'999));
  EXPECT_FALSE(client.transport().cancelled());
  client.Advance(milliseconds(1));
  EXPECT_TRUE(client.transport().cancelled());
  // The next one starts only when this one has ended.
  client.Advance(seconds(60));
  EXPECT_EQ(client.attempts(), 1u);
  client.transport().End();
  EXPECT_NE(client.changes.back().reason.text.find("connect_timeout"), std::string::npos);
  client.AwaitAttempt();
}

TEST(ClientSession, PingsEachIntervalAndDeclaresASilentBrokerDead) {
  ClientHarness client;
  client.Connect();
  client.SayGap(v1::GAP_CAUSE_OVERFLOW);
  client.Advance(seconds(5));
  ASSERT_TRUE(client.transport().last().has_ping());
  EXPECT_EQ(client.transport().last().ping().frames_through(), 1u);
  client.transport().FinishWrites();
  v1::ServerFrame heartbeat;
  heartbeat.mutable_heartbeat()->set_nonce(client.transport().last().ping().nonce());
  client.transport().Say(heartbeat);
  client.Advance(seconds(5));
  client.Advance(seconds(5));
  EXPECT_FALSE(client.transport().cancelled());
  client.Advance(seconds(5));
  EXPECT_TRUE(client.transport().cancelled());
  client.transport().End();
  EXPECT_EQ(client.changes.back().reason.code, Error::kHeartbeatTimeout);
}

TEST(ClientSession, AcknowledgesEvery256KiB) {
  ClientHarness client;
  client.Connect();
  const size_t before = client.transport().written().size();
  for (int i = 0; i < 3; ++i) client.Deliver("t", std::string(100'000, 'x'));
  ASSERT_EQ(client.transport().written().size(), before + 1);
  EXPECT_EQ(client.transport().last().ack().frames_through(), 3u);
  client.transport().FinishWrites();
  for (int i = 0; i < 2; ++i) client.Deliver("t", std::string(100'000, 'x'));
  EXPECT_EQ(client.transport().written().size(), before + 1);
}

TEST(ClientSession, MalformedFramesEndTheSessionNotTheClient) {
  const std::vector<std::string> nonsense = {"", "\xff",
                                             std::string("\x22\x05"
                                                         "abc",
                                                         5),
                                             std::string("\x22\x02\x12\x05", 4)};
  for (const std::string& bytes : nonsense) {
    ClientHarness client;
    client.Connect();
    client.transport().SayBytes(bytes);
    EXPECT_TRUE(client.transport().cancelled());
    client.transport().End();
    EXPECT_EQ(client.changes.back().reason.code, Error::kProtocolError);
    client.AwaitAttempt();
    client.Welcome();
  }
}

TEST(ClientSession, NumberedFramesBeforeWelcomeAreNonsense) {
  ClientHarness client;
  client.core->Step();
  client.transport().FinishWrites();
  client.Deliver("t", "x");
  EXPECT_TRUE(client.transport().cancelled());
}

TEST(ClientSession, FramesOfANewerBrokerAreCountedAndPassedOver) {
  ClientHarness client;
  client.Connect();
  client.transport().SayBytes(std::string("\xfa\x01\x01x", 4));  // field 31
  EXPECT_FALSE(client.transport().cancelled());
  client.Advance(seconds(5));
  EXPECT_EQ(client.transport().last().ping().frames_through(), 1u);
}

TEST(ClientSession, GoAwayIsObeyedAfterItsDelayAndTargetsComeFirst) {
  ClientHarness client;
  client.Connect();
  v1::ServerFrame frame;
  frame.mutable_go_away()->set_after_ms(2'000);
  frame.mutable_go_away()->add_targets("other:7450");
  frame.mutable_go_away()->mutable_reason()->set_code(Error::kShuttingDown);
  client.transport().Say(frame);
  auto early = client.Publish("t", "1");
  EXPECT_TRUE(client.transport().last().has_publish());
  client.transport().FinishWrites();
  client.Advance(milliseconds(2'000));
  // An outcome is under way, so it stays a moment; what is new waits for the next session.
  auto late = client.Publish("t", "2");
  EXPECT_TRUE(client.transport().last().has_publish());
  client.AckThrough(1);
  EXPECT_EQ(early.get().kind, Kind::kOk);
  ASSERT_TRUE(client.transport().last().has_goodbye());
  client.transport().FinishWrites();
  client.transport().End();
  EXPECT_EQ(client.changes.back().reason.code, Error::kShuttingDown);
  client.core->Step();
  ASSERT_EQ(client.attempts(), 2u);
  EXPECT_EQ(client.transport().endpoint(), "other:7450");
  // The token goes along, so that the new node tells the break.
  EXPECT_FALSE(client.transport().last().hello().resume_token().empty());
  client.Welcome();
  EXPECT_EQ(client.transport().last().publish().messages(0).payload(), "2");
  EXPECT_EQ(client.transport().last().publish().first_sequence(), 2u);
}

TEST(ClientSession, AMoveDoesNotWaitForOutcomesForEver) {
  ClientHarness client;
  client.Connect();
  auto stuck = client.Publish("t", "1");
  client.transport().FinishWrites();
  v1::ServerFrame frame;
  frame.mutable_go_away()->set_after_ms(0);
  client.transport().Say(frame);
  client.core->Step();
  EXPECT_FALSE(client.transport().last().has_goodbye());
  client.Advance(seconds(1));
  EXPECT_TRUE(client.transport().last().has_goodbye());
  // Nor for the broker to end the stream.
  client.transport().FinishWrites();
  client.Advance(milliseconds(500));
  EXPECT_TRUE(client.transport().cancelled());
}

TEST(ClientSession, NoticesReachTheObserver) {
  std::vector<Error> notices;
  ClientOptions options;
  options.on_notice = [&](const Error& notice) { notices.push_back(notice); };
  ClientHarness client(std::move(options));
  client.Connect();
  v1::ServerFrame frame;
  frame.mutable_notice()->mutable_error()->set_code(9);
  frame.mutable_notice()->mutable_error()->set_text("half full");
  client.transport().Say(frame);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_EQ(notices[0].text, "half full");
}

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

TEST(ClientPublish, AResumedSessionSettlesWhatTheBrokerHasTakenIn) {
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
  EXPECT_EQ(lost.get().kind, Kind::kUnknown);
  EXPECT_FALSE(ClientHarness::Settled(taken));
  client.AckThrough(1);
  EXPECT_EQ(taken.get().kind, Kind::kOk);
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
