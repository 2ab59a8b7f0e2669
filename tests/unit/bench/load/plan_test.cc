// SPDX-License-Identifier: Apache-2.0
#include "bench/load/plan.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace belfry::bench {
namespace {

using std::chrono::microseconds;

Load LoadOf(uint32_t publishers, uint32_t subscribers, uint32_t topics) {
  Load load;
  load.publishers = publishers;
  load.subscribers = subscribers;
  load.topics = topics;
  return load;
}

TEST(Plan, AStampComesBackAsItWasWritten) {
  std::string payload(32, 'x');
  WriteStamp({Instant(Duration(123'456'789'012)), 7, true, 3}, payload);
  const auto stamp = ReadStamp(payload);
  ASSERT_TRUE(stamp.has_value());
  EXPECT_EQ(stamp->due, Instant(Duration(123'456'789'012)));
  EXPECT_EQ(stamp->publisher, 7u);
  EXPECT_TRUE(stamp->measured);
  EXPECT_EQ(stamp->epoch, 3u);
  EXPECT_EQ(payload.substr(16), std::string(16, 'x'));
}

TEST(Plan, WhatHasNoStampIsNotOurs) {
  EXPECT_FALSE(ReadStamp("short").has_value());
  EXPECT_FALSE(ReadStamp(std::string(16, 'x')).has_value());
}

TEST(Plan, SubscribersPerTopicAddUp) {
  for (const uint32_t topics : {1u, 3u, 10u, 12u}) {
    const Plan plan(LoadOf(1, 10, topics), 1);
    std::vector<uint32_t> counted(topics);
    for (uint32_t i = 0; i < 10; ++i) ++counted[plan.TopicOfSubscriber(i)];
    for (uint32_t topic = 0; topic < topics; ++topic) {
      EXPECT_EQ(plan.SubscribersOf(topic), counted[topic]) << topics << " " << topic;
    }
  }
}

TEST(Plan, TopicsDifferByNumberAndRun) {
  const Plan a(LoadOf(1, 1, 2), 1), b(LoadOf(1, 1, 2), 2);
  EXPECT_NE(a.TopicName(0), a.TopicName(1));
  EXPECT_NE(a.TopicName(0), b.TopicName(0));
}

TEST(Plan, MessagesAreDueEvenlyAcrossPublishers) {
  Load load = LoadOf(2, 1, 1);
  load.rate = 1000;
  const Plan plan(load, 1);
  const Instant start{Duration(5'000'000'000)};
  EXPECT_EQ(plan.DueTime(start, 0, 0), start);
  EXPECT_EQ(plan.DueTime(start, 1, 0), start + microseconds(1000));
  EXPECT_EQ(plan.DueTime(start, 0, 1), start + microseconds(2000));
  EXPECT_EQ(plan.DueTime(start, 1, 499'999'999), start + microseconds(999'999'999'000));
}

TEST(Plan, TheWindowIsBoundedInMessagesAndBytes) {
  Load load = LoadOf(1, 10, 1);
  EXPECT_EQ(Plan(load, 1).Window(), 8192u);
  load.payload_bytes = 1 << 20;
  EXPECT_EQ(Plan(load, 1).Window(), 4u);
  load.payload_bytes = 64 << 20;
  EXPECT_EQ(Plan(load, 1).Window(), 1u);
  load.kind = Load::Kind::kLatency;
  load.payload_bytes = 128;
  EXPECT_EQ(Plan(load, 1).Window(), 1u);
}

}  // namespace
}  // namespace belfry::bench
