// SPDX-License-Identifier: Apache-2.0
#include "broker/core/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace belfry::core {
namespace {

TEST(MemoryBudget, LevelsFollowWhatIsUsed) {
  MemoryBudget budget(1000, 1);
  EXPECT_EQ(budget.level(), MemoryLevel::kCalm);
  budget.Charge(600);
  EXPECT_EQ(budget.level(), MemoryLevel::kCalm);
  budget.ObserveOther(200);
  EXPECT_EQ(budget.used(), 800u);
  EXPECT_EQ(budget.level(), MemoryLevel::kShed);
  budget.Charge(100);
  EXPECT_EQ(budget.level(), MemoryLevel::kRefuseSubscribers);
  budget.Charge(300);
  EXPECT_EQ(budget.level(), MemoryLevel::kRefusePublishes);
  budget.Release(1000);
  EXPECT_EQ(budget.level(), MemoryLevel::kCalm);
}

TEST(MemoryBudget, WithoutALimitAllIsCalm) {
  MemoryBudget budget(0, 1);
  budget.Charge(size_t{1} << 40);
  EXPECT_EQ(budget.level(), MemoryLevel::kCalm);
}

TEST(MemoryBudget, ThreadsThatChargeAndReleaseLeaveNothing) {
  MemoryBudget budget(1 << 30, 100);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&budget] {
      for (int i = 0; i < 10'000; ++i) {
        budget.Charge(70);
        budget.Release(70);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LT(budget.charged(), 16 * 100u);
}

}  // namespace
}  // namespace belfry::core
