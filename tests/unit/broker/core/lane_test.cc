// SPDX-License-Identifier: Apache-2.0
#include "broker/core/lane.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <deque>

#include "tests/support/hand_driven_node.h"

namespace belfry::core {
namespace {

using std::chrono::seconds;

Ref<const Record> MakeRecord(std::string_view topic, std::string_view payload) {
  return Record::Encode(test::Message(topic, payload), {});
}

std::string PayloadOf(const Record& record) {
  wire::MessageView view;
  EXPECT_TRUE(wire::MessageView::Parse(record.bytes(), &view));
  return std::string(view.payload);
}

TEST(Lane, ARecordLargerThanTheBoundIsQueuedAlone) {
  Lane lane({.bytes_max = 100});
  EXPECT_EQ(lane.Push(MakeRecord("t", "small"), {}), 0u);
  EXPECT_EQ(lane.Push(MakeRecord("t", std::string(1000, 'x')), {}), 1u);
  EXPECT_EQ(lane.queued_messages(), 1u);
  EXPECT_EQ(lane.Push(MakeRecord("t", "small"), {}), 1u);
  EXPECT_EQ(lane.queued_messages(), 1u);
}

TEST(Lane, TakesAtLeastOneRecordAndStopsAtTheByteLimit) {
  Lane lane(LaneBounds{});
  for (int i = 0; i < 4; ++i) lane.Push(MakeRecord("t", std::string(100, 'x')), {});
  std::vector<Ref<const Record>> out;
  lane.TakeRecords(1, &out);
  EXPECT_EQ(out.size(), 1u);
  lane.TakeRecords(230, &out);
  EXPECT_EQ(out.size(), 3u);
}

TEST(Lane, CountsWhatAFrameAddsToTinyRecords) {
  Lane lane(LaneBounds{});
  for (int i = 0; i < 1000; ++i) lane.Push(MakeRecord("t", ""), {});
  std::vector<Ref<const Record>> out;
  lane.TakeRecords(1000, &out);
  size_t bytes = 0;
  for (const auto& record : out) bytes += 2 + record->bytes().size();
  EXPECT_LE(bytes, 1000u);
  EXPECT_GT(out.size(), 50u);
}

TEST(Lane, MoreThan64TopicsBecomeOneExactTotal) {
  Lane lane({.messages_max = 1});
  for (int i = 0; i < 66; ++i) lane.Push(MakeRecord("t" + std::to_string(i), ""), {});
  std::optional<Gap> gap = lane.TakeGap();
  ASSERT_TRUE(gap);
  EXPECT_TRUE(gap->topics.empty());
  EXPECT_EQ(gap->count, 65u);
  EXPECT_TRUE(gap->count_known);
}

TEST(Lane, UpTo64TopicsAreExact) {
  Lane lane({.messages_max = 1});
  for (int i = 0; i < 130; ++i) lane.Push(MakeRecord("t" + std::to_string(i % 64), ""), {});
  std::optional<Gap> gap = lane.TakeGap();
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->topics.size(), 64u);
  EXPECT_EQ(gap->count, 129u);
  uint64_t sum = 0;
  for (const TopicGap& topic : gap->topics) sum += topic.count;
  EXPECT_EQ(sum, 129u);
}

// Whatever happens to a lane: what was pushed is exactly what was taken plus what gaps tell, in
// order, and the bounds hold.
RC_GTEST_PROP(Lane, EveryMessageIsTakenOrCountedWhereItStood, ()) {
  const auto messages_max = *rc::gen::inRange<size_t>(1, 8);
  Lane lane({.bytes_max = *rc::gen::inRange<size_t>(150, 1000),
             .messages_max = messages_max,
             .age_max = seconds(10)});
  Instant now{};
  uint64_t pushed = 0;
  uint64_t expected_next = 0;  // the number that must come next
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 10));
  const auto take = [&](size_t bytes) {
    while (auto gap = lane.TakeGap()) expected_next += gap->count;
    std::vector<Ref<const Record>> out;
    lane.TakeRecords(bytes, &out);
    for (const auto& record : out) {
      RC_ASSERT(PayloadOf(*record) == std::to_string(expected_next));
      ++expected_next;
    }
  };
  for (const int step : steps) {
    if (step < 6) {
      lane.Push(MakeRecord("t" + std::to_string(pushed % 3), std::to_string(pushed)), now);
      ++pushed;
    } else if (step < 8) {
      take(step == 6 ? 1 : 100);
    } else {
      now += seconds(4);
      lane.DropExpired(now);
    }
    RC_ASSERT(lane.queued_messages() <= messages_max);
  }
  while (!lane.empty()) take(1 << 20);
  RC_ASSERT(expected_next == pushed);
  RC_ASSERT(lane.queued_bytes() == 0u);
}

}  // namespace
}  // namespace belfry::core
