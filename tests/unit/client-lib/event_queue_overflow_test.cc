// SPDX-License-Identifier: Apache-2.0
//
// The policies of a full queue, each against what it promises.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "client-lib/src/event_queue.h"
#include "tests/unit/client-lib/queue_lines.h"

namespace belfry::client {
namespace {

constexpr size_t kPlenty = 1 << 20;

TEST(EventQueueOverflow, DropNewestShutsUntilHalfIsFree) {
  EventQueue queue(OverflowPolicy::kDropNewest, 4, kPlenty);
  auto batch = BatchOf({"a", "b", "c", "d", "e", "f", "g", "h"});
  size_t dropped = 0;
  for (uint32_t i = 0; i < 6; ++i) dropped += queue.PushMessage(batch, i).dropped;
  EXPECT_EQ(dropped, 2u);
  std::vector<QueuedEvent> taken;
  queue.Take(1, &taken);
  EXPECT_EQ(queue.PushMessage(batch, 6).dropped, 1u) << "three of four wait: still shut";
  queue.Take(1, &taken);
  EXPECT_EQ(queue.PushMessage(batch, 7).dropped, 0u);
  EXPECT_EQ(TakeAll(queue), (Lines{"m:c", "m:d", "g6:e=1,f=1,g=1,3", "m:h"}));
}

TEST(EventQueueOverflow, DropNewestKeepsTheOrderOfOtherGaps) {
  EventQueue queue(OverflowPolicy::kDropNewest, 1, kPlenty);
  auto batch = BatchOf({"a", "b", "c"});
  for (uint32_t i = 0; i < 2; ++i) queue.PushMessage(batch, i);
  queue.PushGap(Gap{GapCause::kReconnect, {}, std::nullopt});
  queue.PushMessage(batch, 2);
  EXPECT_EQ(TakeAll(queue), (Lines{"m:a", "g6:b=1,c=1,2", "g1:?"}));
}

TEST(EventQueueOverflow, DisconnectTakesNothingMore) {
  EventQueue queue(OverflowPolicy::kDisconnect, 2, kPlenty);
  auto batch = BatchOf({"a", "b", "c"});
  EXPECT_FALSE(queue.PushMessage(batch, 0).refused);
  EXPECT_FALSE(queue.PushMessage(batch, 1).refused);
  const EventQueue::Pushed pushed = queue.PushMessage(batch, 2);
  EXPECT_TRUE(pushed.refused);
  EXPECT_EQ(pushed.dropped, 0u);
  EXPECT_EQ(TakeAll(queue), (Lines{"m:a", "m:b"}));
}

TEST(EventQueueOverflow, ConflateKeepsTheLatestOfEachTopicAndKeyAtTheEnd) {
  EventQueue queue(OverflowPolicy::kConflate, 10, kPlenty);
  auto batch = BatchOf({"a/1", "a/2", "b/1", "a/1", "a", "b/1"});
  Lines replaced;
  for (uint32_t i = 0; i < 6; ++i) {
    const EventQueue::Pushed pushed = queue.PushMessage(batch, i);
    replaced.push_back(pushed.replaced ? "yes" : "no");
    EXPECT_EQ(pushed.dropped, 0u);
  }
  EXPECT_EQ(replaced, (Lines{"no", "no", "no", "yes", "no", "yes"}));
  EXPECT_EQ(queue.messages(), 4u);
  EXPECT_EQ(TakeAll(queue), (Lines{"m:a/2", "m:a/1", "m:a", "m:b/1"}));
  EXPECT_TRUE(queue.empty());
  // What was taken is not there to be replaced.
  EXPECT_FALSE(queue.PushMessage(batch, 0).replaced);
}

TEST(EventQueueOverflow, ConflateWithTooManyKeysDropsTheOldest) {
  EventQueue queue(OverflowPolicy::kConflate, 2, kPlenty);
  auto batch = BatchOf({"a", "b", "c", "b"});
  size_t dropped = 0;
  for (uint32_t i = 0; i < 4; ++i) dropped += queue.PushMessage(batch, i).dropped;
  EXPECT_EQ(dropped, 1u);
  EXPECT_EQ(TakeAll(queue), (Lines{"g6:a=1,1", "m:c", "m:b"}));
}

TEST(EventQueueOverflow, AHotKeyLeavesNoPlacesBehind) {
  EventQueue queue(OverflowPolicy::kConflate, 10, kPlenty);
  auto batch = BatchOf({"cold", "hot/1", "hot/2"});
  queue.PushMessage(batch, 0);
  for (int i = 0; i < 100'000; ++i) queue.PushMessage(batch, 1 + i % 2);
  EXPECT_LT(queue.PlacesForTest(), 200u);
  EXPECT_EQ(TakeAll(queue), (Lines{"m:cold", "m:hot/1", "m:hot/2"}));
}

TEST(EventQueueOverflow, ConflateKeepsNoFrameForASmallMessageOfIt) {
  EventQueue queue(OverflowPolicy::kConflate, 1'000, kPlenty);
  std::vector<std::weak_ptr<const DeliverBatch>> frames;
  for (int i = 0; i < 100; ++i) {
    // Each replaces the first of the frame before, and leaves its second.
    auto batch = BatchOf({"hot", "unique." + std::to_string(i), std::string(20'000, 'x')});
    frames.push_back(batch);
    for (uint32_t index = 0; index < 2; ++index) queue.PushMessage(batch, index);
  }
  for (const auto& frame : frames) EXPECT_TRUE(frame.expired());
  EXPECT_EQ(queue.messages(), 101u);
}

TEST(EventQueueOverflow, GapsMeetWhenTheMessagesBetweenThemAreReplaced) {
  EventQueue queue(OverflowPolicy::kConflate, 10, kPlenty);
  auto batch = BatchOf({"hot"});
  constexpr uint64_t kRounds = 10'000;
  for (uint64_t i = 0; i < kRounds; ++i) {
    queue.PushMessage(batch, 0);
    queue.PushGap(Gap{GapCause::kOverflow, {}, 1});
    queue.PushGap(Gap{GapCause::kReconnect, {}, 1});
  }
  EXPECT_LT(queue.PlacesForTest(), 400u);
  uint64_t told = 0;
  for (const std::string& line : TakeAll(queue)) {
    if (line.starts_with("g")) told += std::stoull(line.substr(line.find(':') + 1));
  }
  EXPECT_EQ(told, 2 * kRounds);
}

TEST(EventQueueOverflow, WhatWasReplacedInFrontIsPassedOnce) {
  constexpr size_t kMax = 50'000;
  EventQueue queue(OverflowPolicy::kConflate, kMax, size_t{1} << 30);
  const auto push = [&](size_t from, size_t count) {
    std::vector<std::string> topics;
    for (size_t i = from; i < from + count; ++i) topics.push_back("k" + std::to_string(i));
    auto batch = BatchOf(topics);
    for (uint32_t i = 0; i < count; ++i) queue.PushMessage(batch, i);
  };
  push(0, kMax);
  // A gap in front, which stays there, and behind it the places of the replaced.
  push(kMax, 1);
  push(1, kMax / 2);
  const size_t before = queue.PlacesForTest();
  EXPECT_GT(before, kMax + kMax / 4);
  push(2 * kMax, 1);
  EXPECT_LT(queue.PlacesForTest(), before - kMax / 4) << "the places in front are still there";
}

// Against a model that keeps the latest of each key by hand, with gaps and takes in between.
TEST(EventQueueOverflow, ConflateAgreesWithAModel) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    EventQueue queue(OverflowPolicy::kConflate, 1'000, kPlenty);
    Lines model;
    Lines got;
    Lines want;
    uint64_t lost = 0;
    uint64_t told = 0;
    for (int step = 0; step < 400; ++step) {
      const uint32_t choice = random() % 10;
      if (choice < 8) {
        const std::string text = "t" + std::to_string(random() % 5) + "/k";
        std::erase(model, "m:" + text);
        model.push_back("m:" + text);
        queue.PushMessage(BatchOf({text}), 0);
      } else if (choice == 9) {
        const auto cause = static_cast<GapCause>(step % 6);
        queue.PushGap(Gap{cause, {}, 1});
        lost += 1;
      } else {
        const size_t count = random() % 4;
        std::vector<QueuedEvent> taken;
        queue.Take(count, &taken);
        for (const QueuedEvent& event : taken) {
          if (event.kind == QueuedEvent::Kind::kGap) {
            told += event.gap->count.value();
            continue;
          }
          got.push_back(Describe(event));
          want.push_back(model.front());
          model.erase(model.begin());
        }
      }
      ASSERT_EQ(queue.messages(), model.size()) << "seed " << seed;
    }
    for (const std::string& line : TakeAll(queue)) {
      if (line.starts_with("g")) {
        told += std::stoull(line.substr(line.find(':') + 1));
      } else {
        got.push_back(line);
      }
    }
    ASSERT_EQ(told, lost) << "seed " << seed;
    want.insert(want.end(), model.begin(), model.end());
    ASSERT_EQ(got, want) << "seed " << seed;
  }
}

}  // namespace
}  // namespace belfry::client
