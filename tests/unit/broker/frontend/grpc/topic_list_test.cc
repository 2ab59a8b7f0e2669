// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/topic_list.h"

#include <gmock/gmock.h>

#include "tests/unit/broker/frontend/grpc/admin_harness.h"

namespace belfry::frontend::grpc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TopicAdminTest : public AdminHarness {};

TEST_F(TopicAdminTest, ListsSubscribedAndPublishedTopicsInOrder) {
  Client& ann = Connect(1, {.client_id = "ann"});
  Subscribe(ann, 1, Literal("town.b"));
  Subscribe(ann, 2, Literal("town"));
  Subscribe(ann, 3, Wildcard("town.*"));
  node_.Settle();
  Publish(0, "town.a");
  Publish(1, "town.a");
  Publish(2, "city.x");
  v1::ListTopicsRequest request;
  const auto topics = List<v1::TopicStatus>("ListTopics", request);
  ASSERT_THAT(topics, SizeIs(4));
  EXPECT_EQ(topics[0].topic(), "city.x");
  EXPECT_EQ(topics[0].subscribers(), 0u);
  EXPECT_EQ(topics[0].nodes(), 0u);
  EXPECT_EQ(topics[0].messages_in(), 1u);
  EXPECT_EQ(topics[1].topic(), "town");
  EXPECT_EQ(topics[1].messages_in(), 0u);
  EXPECT_EQ(topics[1].last_published_unix_ms(), 0);
  EXPECT_EQ(topics[2].topic(), "town.a");
  EXPECT_EQ(topics[2].subscribers(), 1u) << "by the wildcard";
  EXPECT_EQ(topics[2].nodes(), 1u);
  EXPECT_EQ(topics[2].messages_in(), 2u) << "of two reactors";
  EXPECT_EQ(topics[3].topic(), "town.b");
  EXPECT_EQ(topics[3].subscribers(), 2u);
  EXPECT_THAT(TopicNames("town.*"), ElementsAre("town.a", "town.b"));
  EXPECT_THAT(TopicNames("nothing.>"), IsEmpty());
}

TEST_F(TopicAdminTest, CountsReturnToNothing) {
  Client& ann = Connect(1, {.client_id = "ann"});
  Subscribe(ann, 1, Literal("a"));
  Subscribe(ann, 2, Literal("b"));
  node_.Settle();
  EXPECT_EQ(Topic("a").subscribers(), 1u);
  ann.session->Unsubscribe(1);
  EXPECT_EQ(Topic("a").subscribers(), 0u);
  EXPECT_THAT(TopicNames(""), ElementsAre("b"));
  ann.session.reset();
  EXPECT_THAT(TopicNames(""), IsEmpty());
}

TEST_F(TopicAdminTest, ATopicSumsWhatAllReactorsSay) {
  for (int second = 0; second < 30; ++second) {
    for (int i = 0; i < 10; ++i) Publish(static_cast<size_t>(i % 3), "a");
    Pass(1);
  }
  Publish(2, "other");
  const v1::TopicStatus status = Topic("a");
  EXPECT_EQ(status.messages_in(), 300u);
  EXPECT_DOUBLE_EQ(status.messages_in_per_s(), 10.0);
  EXPECT_EQ(status.last_published_unix_ms(), node_.clock.WallUnixMicros() / 1000 - 1000);
  EXPECT_FALSE(status.incomplete());
  EXPECT_EQ(Topic("never").messages_in(), 0u);
  Pass(601);
  EXPECT_EQ(Topic("a").messages_in(), 0u);
  EXPECT_THAT(TopicNames(""), IsEmpty());
}

TEST_F(TopicAdminTest, AFilterAndATopicAreValidated) {
  v1::ListTopicsRequest list;
  list.set_filter("a.>.b");
  EXPECT_EQ(Begin("ListTopics", list)->call.status()->code(), StatusCode::kInvalidArgument);
  v1::GetTopicRequest get;
  get.set_topic("$no");
  EXPECT_EQ(Call<v1::TopicStatus>("GetTopic", get).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(TopicAdminTest, ManyTopicsComeInOrderAndInSteps) {
  std::set<std::string> expected;
  Client& ann = Connect(1, {.client_id = "ann"});
  for (int i = 0; i < 20'000; ++i) {
    const std::string topic = "t." + std::to_string(i * 7919 % 20'000);
    expected.insert(topic);
    if (i % 2 == 0) Subscribe(ann, static_cast<uint32_t>(i), Literal(topic));
    if (i % 3 != 0) Publish(static_cast<size_t>(i % 3), topic);
    if (i % 6 == 3) expected.erase(topic);
  }
  node_.Settle();
  const auto calling = Begin("ListTopics", v1::ListTopicsRequest());
  std::vector<std::string> names;
  for (int turn = 0; !calling->call.status() && turn < 1000; ++turn) {
    for (size_t reactor = 0; reactor < 3; ++reactor) node_.Turn(reactor);
    const auto step = calling->call.Take<v1::TopicStatus>();
    EXPECT_LE(step.size(), 256u);
    for (const v1::TopicStatus& topic : step) names.push_back(topic.topic());
  }
  EXPECT_EQ(names, std::vector<std::string>(expected.begin(), expected.end()));
}

TEST_F(TopicAdminTest, AListOfTopicsWaitsForItsReader) {
  for (int i = 0; i < 1000; ++i) Publish(1, "t." + std::to_string(i));
  const auto calling = Begin("ListTopics", v1::ListTopicsRequest(), /*writable=*/false);
  node_.Settle();
  EXPECT_THAT(calling->call.TakeMessages(), IsEmpty());
  calling->call.set_writable(true);
  calling->handler->OnWritable();
  node_.Settle();
  EXPECT_THAT(calling->call.TakeMessages(), SizeIs(1000));
  EXPECT_EQ(calling->call.status(), Status());
}

TEST_F(TopicAdminTest, OnlySoManyListsOfTopicsAreMadeAtATime) {
  Publish(0, "a");
  std::vector<std::unique_ptr<Calling>> stalled;
  for (int i = 0; i < 8; ++i) {
    stalled.push_back(Begin("ListTopics", v1::ListTopicsRequest(), /*writable=*/false));
  }
  EXPECT_EQ(Begin("ListTopics", v1::ListTopicsRequest())->call.status()->code(),
            StatusCode::kResourceExhausted);
  stalled.pop_back();
  EXPECT_THAT(TopicNames(""), ElementsAre("a"));
}

class FewTopicsTest : public AdminHarness {
 protected:
  FewTopicsTest() : AdminHarness({.reactors = 2, .limits = {.topics_max = 2}}) {}
};

TEST_F(FewTopicsTest, BeyondTheLimitTheAnswerSaysSo) {
  Publish(0, "a");
  Publish(0, "b");
  EXPECT_FALSE(Topic("a").incomplete());
  Publish(1, "c");
  EXPECT_TRUE(Topic("a").incomplete());
  EXPECT_EQ(Topic("c").messages_in(), 0u);
  const auto topics = List<v1::TopicStatus>("ListTopics", v1::ListTopicsRequest());
  ASSERT_THAT(topics, SizeIs(2));
  EXPECT_TRUE(topics[0].incomplete());
  EXPECT_EQ(node_.broker(1).counters().messages_untracked.value(), 1u);
}

}  // namespace
}  // namespace belfry::frontend::grpc
