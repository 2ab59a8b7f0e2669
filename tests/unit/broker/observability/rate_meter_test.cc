// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/rate_meter.h"

#include <gtest/gtest.h>

namespace belfry::observability {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateMeter, IsZeroBeforeAnyTimeHasPassed) {
  ManualClock clock;
  RateMeter meter(clock, 5);
  EXPECT_EQ(meter.PerSecond(5), 0.0);
  EXPECT_EQ(meter.PerSecond(500), 0.0);
}

TEST(RateMeter, AveragesOverWhatThereIsAtFirst) {
  ManualClock clock;
  RateMeter meter(clock, 100);
  clock.Advance(seconds(2));
  EXPECT_DOUBLE_EQ(meter.PerSecond(120), 10.0);
}

TEST(RateMeter, FollowsASteadyRate) {
  ManualClock clock;
  RateMeter meter(clock);
  uint64_t total = 0;
  for (int i = 0; i < 60; ++i) {
    clock.Advance(seconds(1));
    meter.Observe(total += 1'000);
  }
  EXPECT_DOUBLE_EQ(meter.PerSecond(total), 1'000.0);
}

TEST(RateMeter, ForgetsABurstAfterItsWindow) {
  ManualClock clock;
  RateMeter meter(clock);
  clock.Advance(seconds(1));
  meter.Observe(10'000);
  EXPECT_DOUBLE_EQ(meter.PerSecond(10'000), 10'000.0);
  for (int i = 0; i < 5; ++i) {
    clock.Advance(seconds(1));
    meter.Observe(10'000);
  }
  EXPECT_NEAR(meter.PerSecond(10'000), 10'000.0 / 6, 0.1);
  for (int i = 0; i < 6; ++i) {
    clock.Advance(seconds(1));
    meter.Observe(10'000);
  }
  EXPECT_EQ(meter.PerSecond(10'000), 0.0);
}

TEST(RateMeter, FrequentObservationsDoNotShortenTheWindow) {
  ManualClock clock;
  RateMeter meter(clock);
  uint64_t total = 0;
  for (int i = 0; i < 6'000; ++i) {
    clock.Advance(milliseconds(10));
    meter.Observe(total += i < 5'200 ? 1 : 0);  // stops 8 s before the end
  }
  EXPECT_GT(meter.PerSecond(total), 10.0) << "the last 10 s still hold 2 s of it";
}

TEST(RateMeter, ABreakInObservationsAveragesOverTheBreak) {
  ManualClock clock;
  RateMeter meter(clock);
  clock.Advance(seconds(100));
  EXPECT_DOUBLE_EQ(meter.PerSecond(1'000), 10.0);
}

}  // namespace
}  // namespace belfry::observability
