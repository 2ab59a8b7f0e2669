// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/flood_guard.h"

#include <gtest/gtest.h>

#include <chrono>

namespace belfry::rpc {
namespace {

using std::chrono::seconds;

class FloodGuardTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  FloodGuard guard_{ConnectionLimits{}};

  Instant now() const { return clock_.Now(); }
};

TEST_F(FloodGuardTest, TakesThousandResetsThen33ASecond) {
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(guard_.OnReset(now())) << i;
  EXPECT_FALSE(guard_.OnReset(now()));
  clock_.Advance(seconds(1));
  for (int i = 0; i < 33; ++i) ASSERT_TRUE(guard_.OnReset(now())) << i;
  EXPECT_FALSE(guard_.OnReset(now()));
}

TEST_F(FloodGuardTest, CutsChurnEarlierThanTheBurst) {
  int resets = 0;
  for (int i = 0; i < 1000; ++i) {
    guard_.OnStreamOpened(now());
    if (!guard_.OnReset(now())) break;
    ++resets;
  }
  EXPECT_EQ(resets, 500);
}

TEST_F(FloodGuardTest, ToleratesResetsOfFewerThanHalfTheStreams) {
  for (int i = 0; i < 2000; ++i) {
    guard_.OnStreamOpened(now());
    if (i % 3 == 0) {
      ASSERT_TRUE(guard_.OnReset(now())) << i;
    }
  }
}

TEST_F(FloodGuardTest, ForgetsChurnAfterASecond) {
  for (int i = 0; i < 500; ++i) {
    guard_.OnStreamOpened(now());
    ASSERT_TRUE(guard_.OnReset(now()));
  }
  clock_.Advance(seconds(1));
  guard_.OnStreamOpened(now());
  EXPECT_TRUE(guard_.OnReset(now()));
}

TEST_F(FloodGuardTest, BoundsControlFramesEachByItself) {
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(guard_.OnPing(now()));
    ASSERT_TRUE(guard_.OnSettings(now()));
    ASSERT_TRUE(guard_.OnEmptyData(now()));
  }
  EXPECT_FALSE(guard_.OnPing(now()));
  EXPECT_FALSE(guard_.OnSettings(now()));
  EXPECT_FALSE(guard_.OnEmptyData(now()));
  clock_.Advance(seconds(1));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(guard_.OnPing(now()));
  EXPECT_FALSE(guard_.OnPing(now()));
}

TEST_F(FloodGuardTest, SentDataEarnsPings) {
  for (int i = 0; i < 10'000; ++i) {
    guard_.OnDataSent();
    ASSERT_TRUE(guard_.OnPing(now()));
  }
}

TEST_F(FloodGuardTest, BoundsWindowUpdatesByDataSent) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(guard_.OnWindowUpdate());
  EXPECT_FALSE(guard_.OnWindowUpdate());
  FloodGuard busy{ConnectionLimits{}};
  for (int i = 0; i < 1000; ++i) {
    busy.OnDataSent();
    for (int k = 0; k < 20; ++k) ASSERT_TRUE(busy.OnWindowUpdate());
  }
}

TEST_F(FloodGuardTest, BoundsPrioritiesByStreams) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(guard_.OnPriority());
  EXPECT_FALSE(guard_.OnPriority());
  guard_.OnStreamOpened(now());
  EXPECT_TRUE(guard_.OnPriority());
}

}  // namespace
}  // namespace belfry::rpc
