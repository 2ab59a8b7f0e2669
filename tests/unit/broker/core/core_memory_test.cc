// SPDX-License-Identifier: Apache-2.0
//
// Counts what the core takes from the heap: per idle subscription, per delivery, and for a
// subscriber that has stopped (design.md §9, §14).
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "broker/core/broker.h"
#include "tests/support/counted_heap.h"
#include "tests/support/hand_driven_node.h"

namespace belfry::core {
namespace {

// Takes everything and looks at nothing.
class NullSink final : public SessionSink {
 public:
  bool writable() const override { return writable_; }
  void set_writable(bool writable) { writable_ = writable; }
  void SendSubscribeResults(std::span<const SubscribeResult>) override { ++frames_; }
  void SendPublishResults(const PublishResults&) override { ++frames_; }
  void SendDeliver(uint32_t, std::span<const Ref<const Record>>) override { ++frames_; }
  void SendGap(uint32_t, const Gap&) override { ++frames_; }
  void SendHeartbeat() override {}
  void SendGoAway(ErrorCode, uint32_t) override {}
  void SendNotice(ErrorCode, uint32_t) override {}
  void Close(ErrorCode) override {}
  uint64_t frames() const { return frames_; }

 private:
  uint64_t frames_ = 0;
  bool writable_ = true;
};

std::string TopicOf(int i) {
  char text[32];
  std::snprintf(text, sizeof text, "tenant.rooms.room-%06d", i);
  return text;
}

void Subscribe(Session& session, uint32_t id, std::string_view topic,
               OverflowPolicy policy = OverflowPolicy::kDropOldest) {
  session.Subscribe(id, {FilterKind::kLiteral, topic}, policy, false);
}

TEST(CoreMemory, AnIdleSubscriptionOfA24ByteTopicTakesAtMost250Bytes) {
  constexpr int kCount = 100'000;
  test::HandDrivenNode node;
  NullSink sink;
  Session session(node.broker(), sink, {});
  node.Settle();
  const int64_t before = test::HeapBytes();
  for (int i = 0; i < kCount; ++i) {
    Subscribe(session, static_cast<uint32_t>(i), TopicOf(i));
    if (i % 1000 == 0) node.Settle();
  }
  node.Settle();
  const double each = static_cast<double>(test::HeapBytes() - before) / kCount;
  RecordProperty("bytes_each", std::to_string(each));
  std::printf("an idle subscription takes %.1f bytes\n", each);
  EXPECT_LE(each, 250.0);
  for (int i = 0; i < kCount; ++i) {
    session.Unsubscribe(static_cast<uint32_t>(i));
    if (i % 1000 == 0) node.Settle();
  }
  node.Settle();
  EXPECT_LE(test::HeapBytes() - before, 256 << 10);
}

TEST(CoreMemory, ADeliveryTakesNothingFromTheHeap) {
  constexpr int kSessions = 20;
  test::HandDrivenNode node;
  std::vector<std::unique_ptr<NullSink>> sinks;
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < kSessions; ++i) {
    sinks.push_back(std::make_unique<NullSink>());
    sessions.push_back(std::make_unique<Session>(
        node.broker(), *sinks.back(), SessionOptions{.resume_token = "0123456789abcdef"}));
    Subscribe(*sessions.back(), 1, "t");
  }
  const std::string payload(4000, 'x');
  const auto turn = [&] {
    for (int i = 0; i < 10; ++i) node.broker().Publish(test::Message("t", payload), "");
    node.Settle();
    for (int i = 0; i < kSessions; ++i) {
      ASSERT_TRUE(sessions[i]->Acknowledge(sinks[i]->frames()));
    }
  };
  for (int i = 0; i < 100; ++i) turn();
  const int64_t before = test::HeapAllocations();
  for (int i = 0; i < 100; ++i) turn();
  // One for each message, which is its record; none for its 20 deliveries.
  EXPECT_EQ(test::HeapAllocations() - before, 100 * 10);
}

class StoppedSubscriber : public testing::TestWithParam<OverflowPolicy> {};

TEST_P(StoppedSubscriber, CostsNoMoreThanItsBound) {
  constexpr size_t kBound = 1 << 20;
  test::HandDrivenNode node({.limits = {.topics_max = 0}, .lane_bounds = {.bytes_max = kBound}});
  NullSink sink;
  Session session(node.broker(), sink, {});
  session.Subscribe(1, {FilterKind::kWildcard, ">"}, GetParam(), false);
  node.Settle();
  sink.set_writable(false);
  const int64_t before = test::HeapBytes();
  // Many topics and keys, small messages: the worst case for what is not payload.
  for (int i = 0; i < 100'000; ++i) {
    const std::string topic = TopicOf(i % 5000);
    const std::string key = std::to_string(i);
    wire::PublishView publish = test::Message(topic, "0123456789");
    publish.key = key;
    node.broker().Publish(publish, "");
    if (i % 100 == 0) node.Settle();
  }
  node.Settle();
  const int64_t held = test::HeapBytes() - before;
  std::printf("holds %.2f times its bound\n", static_cast<double>(held) / kBound);
  // A little beside the lane: the counts of the gap, the node's interest.
  EXPECT_LE(held, static_cast<int64_t>(kBound + kBound / 16));
  EXPECT_GT(held, static_cast<int64_t>(kBound / 2));
}

INSTANTIATE_TEST_SUITE_P(Policies, StoppedSubscriber,
                         testing::Values(OverflowPolicy::kDropOldest, OverflowPolicy::kDropNewest,
                                         OverflowPolicy::kConflate));

}  // namespace
}  // namespace belfry::core
