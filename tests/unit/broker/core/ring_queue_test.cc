// SPDX-License-Identifier: Apache-2.0
#include "broker/core/ring_queue.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <deque>
#include <vector>

namespace belfry::core {
namespace {

RC_GTEST_PROP(RingQueue, BehavesAsADeque, ()) {
  RingQueue<int> ring;
  std::deque<int> model;
  for (const int step : *rc::gen::arbitrary<std::vector<int>>()) {
    if (step % 3 != 0 || model.empty()) {
      ring.push_back(step);
      model.push_back(step);
    } else {
      RC_ASSERT(ring.front() == model.front());
      RC_ASSERT(ring.pop_front() == model.front());
      model.pop_front();
    }
    RC_ASSERT(ring.size() == model.size());
    for (size_t i = 0; i < model.size(); ++i) RC_ASSERT(ring[i] == model[i]);
  }
}

TEST(RingQueue, GivesMemoryBackOnlyWhenSparseAndGrown) {
  RingQueue<int> ring;
  EXPECT_EQ(ring.capacity(), 0u);
  for (int i = 0; i < 100; ++i) ring.push_back(i);
  ring.ShrinkIfSparse();
  EXPECT_EQ(ring.capacity(), 128u);
  while (ring.size() > 10) ring.pop_front();
  ring.ShrinkIfSparse();
  EXPECT_EQ(ring.capacity(), 32u);
  for (int i = 90; !ring.empty(); ++i) EXPECT_EQ(ring.pop_front(), i);
  EXPECT_EQ(ring.capacity(), 32u);
  ring.ShrinkIfSparse();
  EXPECT_EQ(ring.capacity(), 0u);
  ring.push_back(1);
  EXPECT_EQ(ring.front(), 1);
}

}  // namespace
}  // namespace belfry::core
