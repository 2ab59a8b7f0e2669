// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/event_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client-lib/src/gap_merge.h"
#include "tests/unit/client-lib/queue_lines.h"

namespace belfry::client {
namespace {

TEST(EventQueue, KeepsOrder) {
  EventQueue queue(OverflowPolicy::kDropOldest, 10, 10'000);
  queue.PushControl(QueuedEvent::Kind::kConfirmed);
  auto batch = BatchOf({"a", "b"});
  queue.PushMessage(batch, 0);
  queue.PushGap(Gap{GapCause::kReconnect, {}, std::nullopt});
  queue.PushMessage(batch, 1);
  EXPECT_EQ(queue.messages(), 2u);
  EXPECT_EQ(TakeAll(queue), (Lines{"c", "m:a", "g1:?", "m:b"}));
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, DropsTheOldestAndPutsAnExactGapInItsPlace) {
  EventQueue queue(OverflowPolicy::kDropOldest, 2, 10'000);
  queue.PushControl(QueuedEvent::Kind::kConfirmed);
  auto batch = BatchOf({"a", "b", "a", "c"});
  size_t dropped = 0;
  for (uint32_t i = 0; i < 4; ++i) dropped += queue.PushMessage(batch, i).dropped;
  EXPECT_EQ(dropped, 2u);
  EXPECT_EQ(TakeAll(queue), (Lines{"c", "g6:a=1,b=1,2", "m:a", "m:c"}));
}

TEST(EventQueue, GapsBetweenDroppedMessagesKeepTheirPlaceAndMergeByCause) {
  EventQueue queue(OverflowPolicy::kDropOldest, 2, 10'000);
  auto batch = BatchOf({"a", "b", "c", "d"});
  queue.PushMessage(batch, 0);
  queue.PushGap(GapOfOne(GapCause::kOverflow, "x"));
  queue.PushMessage(batch, 1);
  queue.PushGap(GapOfOne(GapCause::kOverflow, "x"));
  queue.PushMessage(batch, 2);
  EXPECT_EQ(TakeAll(queue), (Lines{"g6:a=1,1", "g0:x=1,1", "m:b", "g0:x=1,1", "m:c"}));

  for (uint32_t i = 0; i < 4; ++i) {
    queue.PushMessage(batch, i);
    queue.PushGap(GapOfOne(GapCause::kOverflow, "x"));
  }
  EXPECT_EQ(TakeAll(queue),
            (Lines{"g6:a=1,b=1,2", "g0:x=2,2", "m:c", "g0:x=1,1", "m:d", "g0:x=1,1"}));
}

TEST(EventQueue, StaysBoundedHoweverManyGapsCome) {
  EventQueue queue(OverflowPolicy::kDropOldest, 3, 10'000);
  auto batch = BatchOf({"a"});
  for (int i = 0; i < 1'000; ++i) {
    queue.PushMessage(batch, 0);
    queue.PushGap(Gap{GapCause::kOverflow, {}, 1});
    queue.PushGap(Gap{GapCause::kReconnect, {}, std::nullopt});
    queue.PushGap(Gap{GapCause::kOverflow, {}, 1});
  }
  EXPECT_LE(TakeAll(queue).size(), 3u * 3 + 4);
}

TEST(EventQueue, BytesBoundToo) {
  EventQueue queue(OverflowPolicy::kDropOldest, 1'000, 3 * (EventQueue::kOverheadBytes + 8));
  auto batch = BatchOf({"topic", "topic", "topic", "topic"});
  size_t dropped = 0;
  for (uint32_t i = 0; i < 4; ++i) dropped += queue.PushMessage(batch, i).dropped;
  EXPECT_EQ(dropped, 1u);
  // One message larger than the bound is let in by itself.
  auto large = BatchOf({std::string(5'000, 't')});
  EXPECT_EQ(queue.PushMessage(large, 0).dropped, 3u);
  EXPECT_EQ(queue.messages(), 1u);
}

TEST(EventQueue, AFewMessagesOfManyLargeFramesDoNotHoldThemAll) {
  const size_t bytes_max = 100'000;
  EventQueue queue(OverflowPolicy::kDropOldest, 1'000, bytes_max);
  std::vector<std::weak_ptr<const DeliverBatch>> frames;
  for (int i = 0; i < 100; ++i) {
    auto batch = BatchOf({"small", std::string(20'000, 'x')});
    frames.push_back(batch);
    queue.PushMessage(batch, 0);
  }
  size_t held = 0;
  for (const auto& frame : frames) held += frame.expired() ? 0 : 20'000;
  EXPECT_LE(held, bytes_max);
  EXPECT_GT(held, 0u);
  EXPECT_EQ(TakeAll(queue), Lines(100, "m:small"));
  for (const auto& frame : frames) EXPECT_TRUE(frame.expired());
}

TEST(GapMerge, ExactTopicsUpTo64ThenATotal) {
  Gap gap = GapOfOne(GapCause::kLocalOverflow, "t0");
  for (int i = 1; i < 64; ++i) AddOne(gap, "t" + std::to_string(i));
  AddOne(gap, "t0");
  EXPECT_EQ(gap.topics.size(), 64u);
  EXPECT_EQ(gap.topics[0].count, 2u);
  EXPECT_EQ(gap.count, 65u);
  AddOne(gap, "one more");
  EXPECT_TRUE(gap.topics.empty());
  EXPECT_EQ(gap.count, 66u);
  AddOne(gap, "t0");
  EXPECT_TRUE(gap.topics.empty());
  EXPECT_EQ(gap.count, 67u);
}

TEST(GapMerge, AnUnknownCountMakesTheSumUnknown) {
  Gap gap = GapOfOne(GapCause::kOverflow, "a");
  MergeGap(gap, GapOfOne(GapCause::kOverflow, "a"));
  EXPECT_EQ(gap.topics[0].count, 2u);
  MergeGap(gap, Gap{GapCause::kOverflow, {}, std::nullopt});
  EXPECT_FALSE(gap.count.has_value());
  EXPECT_TRUE(gap.topics.empty());
}

}  // namespace
}  // namespace belfry::client
