// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/subscribe_stream.h"

#include <gtest/gtest.h>

#include "broker/frontend/grpc/publish_call.h"
#include "tests/support/fake_call.h"
#include "tests/support/hand_driven_node.h"

namespace belfry::frontend::grpc {
namespace {

class PlainCallsTest : public testing::Test {
 protected:
  PlainCallsTest() : reactor_(0, node_.clock), call_(reactor_) {
    context_.brokers = {&node_.broker()};
  }

  std::vector<v1::SubscribeResponse> Received() {
    node_.Settle();
    return call_.Take<v1::SubscribeResponse>();
  }

  test::HandDrivenNode node_;
  reactor::Reactor reactor_;
  test::FakeCall call_;
  ServiceContext context_;
};

v1::SubscribeRequest RequestFor(const std::vector<std::string>& texts) {
  v1::SubscribeRequest request;
  for (const std::string& text : texts) {
    v1::Filter* filter = request.add_filters();
    filter->set_kind(v1::FILTER_KIND_WILDCARD);
    filter->set_text(text);
  }
  return request;
}

TEST_F(PlainCallsTest, EveryFilterIsAnsweredAndAMessageComesOnce) {
  SubscribeStream stream(context_, RequestFor({"a.*", "a.>", "bad>"}), call_);
  node_.broker().Publish(test::Message("a.b", "x"), "");
  const auto responses = Received();
  ASSERT_EQ(responses.size(), 4u);
  EXPECT_EQ(responses[0].subscribed().verdict(), v1::VERDICT_NEW);
  EXPECT_EQ(responses[1].subscribed().id(), 1u);
  EXPECT_EQ(responses[2].subscribed().verdict(), v1::VERDICT_REFUSED);
  EXPECT_EQ(responses[3].batch().messages_size(), 1);
  EXPECT_FALSE(call_.status());
  stream.OnClosed(Status());
  EXPECT_EQ(node_.interest.size(), 0u);
}

TEST_F(PlainCallsTest, WithoutAFilterThatWorksTheCallEnds) {
  SubscribeStream stream(context_, RequestFor({"bad>"}), call_);
  EXPECT_EQ(Received().size(), 1u);
  ASSERT_TRUE(call_.status());
  EXPECT_EQ(call_.status()->code(), StatusCode::kInvalidArgument);
  stream.OnClosed(Status());
}

TEST_F(PlainCallsTest, WithoutAnyFilterTheCallEnds) {
  SubscribeStream stream(context_, v1::SubscribeRequest(), call_);
  ASSERT_TRUE(call_.status());
  EXPECT_EQ(call_.status()->code(), StatusCode::kInvalidArgument);
  stream.OnClosed(Status());
}

TEST_F(PlainCallsTest, AStoppingNodeEndsIt) {
  SubscribeStream stream(context_, RequestFor({"a"}), call_);
  Received();
  node_.broker().GoAway(ErrorCode::kShuttingDown, Duration(0));
  ASSERT_TRUE(call_.status());
  EXPECT_EQ(call_.status()->code(), StatusCode::kUnavailable);
  stream.OnClosed(Status());
}

TEST_F(PlainCallsTest, PublishAnswersEachMessageInOrder) {
  PublishCall publish(context_, call_);
  v1::PublishRequest request;
  request.set_first_sequence(10);
  request.add_messages()->set_topic("a");
  request.add_messages()->set_topic("$no");
  publish.OnMessage(request.SerializeAsString());
  publish.OnHalfClose();
  const auto responses = call_.Take<v1::PublishResponse>();
  ASSERT_EQ(responses.size(), 1u);
  ASSERT_EQ(responses[0].outcomes_size(), 2);
  EXPECT_EQ(responses[0].outcomes(0).sequence(), 10u);
  EXPECT_EQ(responses[0].outcomes(0).outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(responses[0].outcomes(1).outcome(), v1::OUTCOME_FAILED);
  EXPECT_TRUE(call_.status()->ok());
}

TEST_F(PlainCallsTest, AGroupInARequestTakesNothingIn) {
  PublishCall publish(context_, call_);
  v1::PublishRequest request;
  request.add_messages()->set_topic("a");
  // Field 9 as a group: generated code would pass over it.
  publish.OnMessage(request.SerializeAsString() + "\x4b\x4c");
  ASSERT_TRUE(call_.status());
  EXPECT_EQ(node_.broker().counters().messages_in.value(), 0u);
}

TEST_F(PlainCallsTest, ACallMayNotHoldMillionsOfMessages) {
  PublishCall publish(context_, call_);
  v1::PublishRequest request;
  for (int i = 0; i < 10'001; ++i) request.add_messages();
  publish.OnMessage(request.SerializeAsString());
  ASSERT_TRUE(call_.status());
  EXPECT_EQ(call_.status()->code(), StatusCode::kInvalidArgument);
}

TEST_F(PlainCallsTest, AMalformedPublishTakesNothingIn) {
  PublishCall publish(context_, call_);
  v1::PublishRequest request;
  request.add_messages()->set_topic("a");
  publish.OnMessage(request.SerializeAsString() + "\xff");
  ASSERT_TRUE(call_.status());
  EXPECT_EQ(call_.status()->code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(node_.broker().counters().messages_in.value(), 0u);
  publish.OnHalfClose();
  EXPECT_TRUE(call_.TakeMessages().empty());
}

}  // namespace
}  // namespace belfry::frontend::grpc
