// SPDX-License-Identifier: Apache-2.0
#include "tests/support/counted_heap.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<int64_t> heap_bytes{0};
std::atomic<int64_t> heap_allocations{0};

int64_t BlockBytes(size_t size) {
  return static_cast<int64_t>(std::max<size_t>(32, (size + 8 + 15) / 16 * 16));
}

// The size is kept in front of each block, because not every operator delete is told it.
constexpr size_t kFront = 16;

void* CountedNew(size_t size) {
  void* const block = std::malloc(size + kFront);
  if (block == nullptr) std::abort();
  *static_cast<size_t*>(block) = size;
  heap_bytes += BlockBytes(size);
  ++heap_allocations;
  return static_cast<char*>(block) + kFront;
}

void CountedDelete(void* pointer) {
  if (pointer == nullptr) return;
  void* const block = static_cast<char*>(pointer) - kFront;
  heap_bytes -= BlockBytes(*static_cast<size_t*>(block));
  std::free(block);
}

}  // namespace

namespace belfry::test {

int64_t HeapBytes() { return heap_bytes; }
int64_t HeapAllocations() { return heap_allocations; }

}  // namespace belfry::test

void* operator new(size_t size) { return CountedNew(size); }
void* operator new[](size_t size) { return CountedNew(size); }
void operator delete(void* pointer) noexcept { CountedDelete(pointer); }
void operator delete[](void* pointer) noexcept { CountedDelete(pointer); }
void operator delete(void* pointer, size_t) noexcept { CountedDelete(pointer); }
void operator delete[](void* pointer, size_t) noexcept { CountedDelete(pointer); }
