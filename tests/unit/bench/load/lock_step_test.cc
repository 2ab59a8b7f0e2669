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
  std::thread first([&step] { step.Arrive(0); });
  std::thread second([&step] { step.Arrive(0); });
  EXPECT_TRUE(step.WaitFor(2, seconds(60)));
  first.join();
  second.join();
}

TEST(LockStep, DoesNotWaitForWhatHasArrived) {
  LockStep step;
  step.Arrive(0);
  step.Arrive(0);
  EXPECT_TRUE(step.WaitFor(2, milliseconds(0)));
  EXPECT_TRUE(step.WaitFor(1, milliseconds(0)));
}

TEST(LockStep, GivesUpAndCountsNothingOfEarlierEpochs) {
  LockStep step;
  EXPECT_FALSE(step.WaitFor(1, milliseconds(1)));
  step.StartOver(1);
  step.Arrive(0);
  EXPECT_FALSE(step.WaitFor(1, milliseconds(1)));
  step.Arrive(1);
  EXPECT_TRUE(step.WaitFor(1, milliseconds(0)));
}

}  // namespace
}  // namespace belfry::bench
