// SPDX-License-Identifier: Apache-2.0
#include "bench/load/lock_step.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace belfry::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LockStep, WaitsForAllThatAreToArrive) {
  LockStep step;
  std::thread first([&step] { step.Arrive(); });
  std::thread second([&step] { step.Arrive(); });
  EXPECT_TRUE(step.WaitFor(2, seconds(60)));
  first.join();
  second.join();
}

TEST(LockStep, DoesNotWaitForWhatHasArrived) {
  LockStep step;
  step.Arrive();
  step.Arrive();
  EXPECT_TRUE(step.WaitFor(2, milliseconds(0)));
  EXPECT_TRUE(step.WaitFor(1, milliseconds(0)));
  EXPECT_EQ(step.Arrived(), 2u);
}

TEST(LockStep, GivesUpAndCountsLateArrivalsForLaterWaits) {
  LockStep step;
  EXPECT_FALSE(step.WaitFor(1, milliseconds(1)));
  step.Arrive();
  EXPECT_TRUE(step.WaitFor(1, milliseconds(0)));
}

}  // namespace
}  // namespace belfry::bench
