// SPDX-License-Identifier: Apache-2.0
//
// What a broker must not say, and what an application hears then. Found by client_session_fuzz.cc.
#include <gtest/gtest.h>

#include "tests/unit/client-lib/client_harness.h"

namespace belfry::client {
namespace {

using Kind = PublishOutcome::Kind;

TEST(LyingBroker, ARefusalWithoutAReasonIsAnErrorAllTheSame) {
  ClientHarness client;
  client.Connect();
  Error heard;
  SubscribeOptions options;
  options.on_refused = [&](const Error& error) { heard = error; };
  const Subscription subscription = client.core->Subscribe(Literal("t"), {}, options);
  v1::ServerFrame frame;
  v1::SubscribeResult* result = frame.mutable_subscribed()->add_results();
  result->set_id(client.transport().last().subscribe().subscriptions(0).id());
  result->set_verdict(v1::VERDICT_REFUSED);
  client.transport().Say(frame);
  EXPECT_EQ(heard.code, Error::kProtocolError);
  EXPECT_EQ(subscription.error().code, Error::kProtocolError);
}

TEST(LyingBroker, AFailureWithoutAReasonIsAnErrorAllTheSame) {
  ClientHarness client;
  client.Connect();
  auto future = client.Publish("t", "x");
  v1::ServerFrame frame;
  frame.mutable_published()->set_producer_id(client.producer_id());
  v1::PublishOutcome* outcome = frame.mutable_published()->add_outcomes();
  outcome->set_sequence(1);
  outcome->set_outcome(v1::OUTCOME_FAILED);
  client.transport().Say(frame);
  const PublishOutcome heard = future.get();
  EXPECT_EQ(heard.kind, Kind::kFailed);
  EXPECT_EQ(heard.error.code, Error::kProtocolError);
}

TEST(LyingBroker, LimitsGoWithTheBrokerThatNamedThem) {
  ClientHarness client;
  client.core->Step();
  v1::ServerFrame strict = ClientHarness::WelcomeFrame();
  strict.mutable_welcome()->mutable_limits()->set_payload_bytes(1);
  strict.mutable_welcome()->mutable_limits()->set_frame_bytes(1);
  client.Welcome(strict);
  EXPECT_EQ(client.Publish("t", "xx").get().error.code, Error::kPayloadTooLarge);
  v1::ServerFrame silent = ClientHarness::WelcomeFrame();
  silent.mutable_welcome()->clear_limits();
  client.Reconnect(silent);
  auto future = client.Publish("t", "xx");
  client.AckThrough(1);
  EXPECT_TRUE(future.get().ok());
}

}  // namespace
}  // namespace belfry::client
