// SPDX-License-Identifier: Apache-2.0
//
// Counts what a LiteralIndex takes from the heap: design.md §14 wants an idle subscription at 170
// bytes, and of that the node's table of literals may take 60.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <string>

#include "common/topic/literal_index.h"
#include "tests/support/counted_heap.h"

namespace belfry {
namespace {

constexpr int kCount = 100'000;

std::string TopicOf(int i) {
  char text[32];
  std::snprintf(text, sizeof text, "tenant.rooms.room-%06d", i);
  return text;
}

TEST(LiteralIndexMemory, AnEntryOfA24ByteTopicTakesAtMost60Bytes) {
  ASSERT_EQ(TopicOf(kCount - 1).size(), 24u);
  LiteralIndex<uint64_t> index;
  const int64_t before = test::HeapBytes();
  for (int i = 0; i < kCount; ++i) *index.FindOrInsert(TopicOf(i)) = 1;
  const double each = static_cast<double>(test::HeapBytes() - before) / kCount;
  RecordProperty("bytes_each", std::to_string(each));
  EXPECT_LE(each, 60.0);
}

TEST(LiteralIndexMemory, GivesItBackWhenItEmpties) {
  LiteralIndex<uint64_t> index;
  const int64_t before = test::HeapBytes();
  for (int i = 0; i < kCount; ++i) index.FindOrInsert(TopicOf(i));
  for (int i = 1; i < kCount; ++i) index.Erase(TopicOf(i));
  EXPECT_LE(test::HeapBytes() - before, 4096);
  EXPECT_NE(index.Find(TopicOf(0)), nullptr);
}

TEST(LiteralIndexMemory, FindingTakesNothing) {
  LiteralIndex<uint64_t> index;
  const std::string topic = TopicOf(1);
  index.FindOrInsert(topic);
  const int64_t before = test::HeapBytes();
  EXPECT_NE(index.Find(topic), nullptr);
  EXPECT_EQ(test::HeapBytes(), before);
}

}  // namespace
}  // namespace belfry
