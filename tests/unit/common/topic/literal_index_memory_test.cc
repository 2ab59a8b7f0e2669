// SPDX-License-Identifier: Apache-2.0
//
// Counts what a LiteralIndex takes from the heap: design.md §14 wants an idle subscription at 170
// bytes, and of that the node's table of literals may take 60. Blocks are counted as glibc's malloc
// lays them out (8 bytes of header, steps of 16, at least 32).
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "common/topic/literal_index.h"

namespace {

std::atomic<int64_t> heap_bytes{0};

size_t BlockBytes(size_t size) { return std::max<size_t>(32, (size + 8 + 15) / 16 * 16); }

// The size is kept in front of each block, because not every operator delete is told it.
constexpr size_t kFront = 16;

void* CountedNew(size_t size) {
  void* const block = std::malloc(size + kFront);
  if (block == nullptr) std::abort();
  *static_cast<size_t*>(block) = size;
  heap_bytes += static_cast<int64_t>(BlockBytes(size));
  return static_cast<char*>(block) + kFront;
}

void CountedDelete(void* pointer) {
  if (pointer == nullptr) return;
  void* const block = static_cast<char*>(pointer) - kFront;
  heap_bytes -= static_cast<int64_t>(BlockBytes(*static_cast<size_t*>(block)));
  std::free(block);
}

}  // namespace

void* operator new(size_t size) { return CountedNew(size); }
void* operator new[](size_t size) { return CountedNew(size); }
void operator delete(void* pointer) noexcept { CountedDelete(pointer); }
void operator delete[](void* pointer) noexcept { CountedDelete(pointer); }
void operator delete(void* pointer, size_t) noexcept { CountedDelete(pointer); }
void operator delete[](void* pointer, size_t) noexcept { CountedDelete(pointer); }

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
  const int64_t before = heap_bytes;
  for (int i = 0; i < kCount; ++i) *index.FindOrInsert(TopicOf(i)) = 1;
  const double each = static_cast<double>(heap_bytes - before) / kCount;
  RecordProperty("bytes_each", std::to_string(each));
  EXPECT_LE(each, 60.0);
}

TEST(LiteralIndexMemory, GivesItBackWhenItEmpties) {
  LiteralIndex<uint64_t> index;
  const int64_t before = heap_bytes;
  for (int i = 0; i < kCount; ++i) index.FindOrInsert(TopicOf(i));
  for (int i = 1; i < kCount; ++i) index.Erase(TopicOf(i));
  EXPECT_LE(heap_bytes - before, 4096);
  EXPECT_NE(index.Find(TopicOf(0)), nullptr);
}

TEST(LiteralIndexMemory, FindingTakesNothing) {
  LiteralIndex<uint64_t> index;
  const std::string topic = TopicOf(1);
  index.FindOrInsert(topic);
  const int64_t before = heap_bytes;
  EXPECT_NE(index.Find(topic), nullptr);
  EXPECT_EQ(heap_bytes, before);
}

}  // namespace
}  // namespace belfry
