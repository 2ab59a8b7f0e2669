// SPDX-License-Identifier: Apache-2.0
//
// Sessions of a client on a scripted network: every test is a short play.
#include <gtest/gtest.h>

#include <algorithm>
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
  client.Advance(seconds(5));
  client.Break();
  const size_t before = client.attempts();
  client.Advance(milliseconds(50));
  EXPECT_EQ(client.attempts(), before + 1);
}

TEST(ClientSession, ABrokerThatWelcomesAndFailsIsNotTriedInATightLoop) {
  ClientHarness client;
  client.Connect();
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
    client.Welcome();
  }
  EXPECT_GT(longest, seconds(2));
}

TEST(ClientSession, AnAttemptThatCannotBeMadeIsToldAndTriedAgain) {
  ClientHarness client;
  client.connector->refusal = Error{Error::kInvalidOption, "tls.ca_file: nothing in it", false, 0};
  client.core->Step();
  EXPECT_EQ(client.attempts(), 0u);
  ASSERT_EQ(client.changes.size(), 1u);
  EXPECT_EQ(client.changes[0].state, State::kConnecting);
  EXPECT_EQ(client.changes[0].reason.text, "tls.ca_file: nothing in it");
  client.connector->refusal = Error();
  client.AwaitAttempt();
  client.Welcome();
  EXPECT_EQ(client.core->state(), State::kConnected);
}

TEST(ClientSession, AnEndlessConnectTimeoutNeverEnds) {
  ClientOptions options;
  options.connect_timeout = milliseconds::max();
  ClientHarness client(std::move(options));
  client.core->Step();
  client.transport().FinishWrites();
  client.Advance(std::chrono::hours(24 * 365));
  EXPECT_FALSE(client.transport().cancelled());
  client.Welcome();
  EXPECT_EQ(client.core->state(), State::kConnected);
}

TEST(ClientSession, ASecondWelcomeIsNonsense) {
  ClientHarness client;
  client.Connect();
  int heard = 0;
  Subscription subscription =
      client.core->Subscribe(Literal("t"), [&](const Message&) { ++heard; }, {});
  client.ConfirmLast();
  client.transport().Say(ClientHarness::WelcomeFrame());
  EXPECT_TRUE(client.transport().cancelled());
  // It did not unmake what the session knew.
  client.Deliver("t", "x");
  EXPECT_EQ(heard, 1);
  client.transport().End();
  EXPECT_EQ(client.changes.back().reason.code, Error::kProtocolError);
  client.AwaitAttempt();
  client.Welcome();
  client.ConfirmLast();
  client.Deliver("t", "x");
  EXPECT_EQ(heard, 2);
}

TEST(ClientSession, AWelcomeThatComesTooLateIsPassedOver) {
  ClientHarness client;
  client.Connect();
  int heard = 0;
  Subscription subscription =
      client.core->Subscribe(Literal("t"), [&](const Message&) { ++heard; }, {});
  client.ConfirmLast();
  client.Break();
  client.AwaitAttempt();
  client.transport().FinishWrites();
  client.Advance(seconds(5));
  ASSERT_TRUE(client.transport().cancelled());
  client.transport().Say(ClientHarness::WelcomeFrame());
  client.Deliver("t", "of a session that never began");
  EXPECT_EQ(heard, 0);
  EXPECT_EQ(client.core->stats().connects, 1u);
  client.transport().End();
  EXPECT_NE(client.changes.back().reason.text.find("connect_timeout"), std::string::npos);
  client.AwaitAttempt();
  client.Welcome();
  client.ConfirmLast();
  client.Deliver("t", "x");
  EXPECT_EQ(heard, 1);
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
  // Long enough not to count as failed.
  client.Advance(seconds(5));
  client.transport().FinishWrites();
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

}  // namespace
}  // namespace belfry::client
