// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/token_bucket.h"

#include <gtest/gtest.h>

namespace belfry::reactor {
namespace {

using std::chrono::milliseconds;

TEST(TokenBucket, GivesTheBurstThenTheRate) {
  ManualClock clock;
  TokenBucket bucket(10, 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(clock.Now()));
  EXPECT_FALSE(bucket.Take(clock.Now()));
  clock.Advance(milliseconds(99));
  EXPECT_FALSE(bucket.Take(clock.Now()));
  clock.Advance(milliseconds(2));
  EXPECT_TRUE(bucket.Take(clock.Now()));
  EXPECT_FALSE(bucket.Take(clock.Now()));
}

TEST(TokenBucket, NeverHoldsMoreThanTheBurst) {
  ManualClock clock;
  TokenBucket bucket(10, 3);
  EXPECT_TRUE(bucket.Take(clock.Now()));
  clock.Advance(std::chrono::hours(1));
  bucket.Return();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(clock.Now()));
  EXPECT_FALSE(bucket.Take(clock.Now()));
}

TEST(TokenBucket, SaysHowLongToWait) {
  ManualClock clock;
  TokenBucket bucket(10, 1);
  EXPECT_EQ(bucket.Wait(clock.Now()), Duration(0));
  EXPECT_TRUE(bucket.Take(clock.Now()));
  const Duration wait = bucket.Wait(clock.Now());
  EXPECT_GT(wait, milliseconds(99));
  EXPECT_LE(wait, milliseconds(101));
  clock.Advance(wait);
  EXPECT_TRUE(bucket.Take(clock.Now()));
}

TEST(TokenBucket, ARateOfZeroIsNoLimit) {
  TokenBucket bucket(0, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(bucket.Take(Instant()));
}

}  // namespace
}  // namespace belfry::reactor
