// SPDX-License-Identifier: Apache-2.0
#include "common/backoff.h"

#include <gtest/gtest.h>

#include <chrono>

namespace belfry {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, DoublesUpToTheCeiling) {
  Backoff backoff(1);
  for (const int limit_ms : {50, 100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
    EXPECT_EQ(backoff.Limit(), Duration(milliseconds(limit_ms)));
    backoff.Next();
  }
}

TEST(Backoff, StaysAtTheCeilingForever) {
  Backoff backoff(1, {.base = Duration(1), .ceiling = Duration(seconds(5))});
  for (int i = 0; i < 200; ++i) {
    EXPECT_LE(backoff.Limit(), Duration(seconds(5)));
    backoff.Next();
  }
  EXPECT_EQ(backoff.Limit(), Duration(seconds(5)));
}

TEST(Backoff, DrawsFromZeroToTheLimit) {
  Duration lowest = seconds(5);
  Duration highest{0};
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    Backoff backoff(seed);
    const Duration wait = backoff.Next();
    EXPECT_GE(wait, Duration(0));
    EXPECT_LE(wait, Duration(milliseconds(50)));
    lowest = std::min(lowest, wait);
    highest = std::max(highest, wait);
  }
  // Full jitter: a thousand clients spread over the whole range, they do not gather at its end.
  EXPECT_LT(lowest, Duration(milliseconds(2)));
  EXPECT_GT(highest, Duration(milliseconds(48)));
}

TEST(Backoff, StartsAgainAfterASuccess) {
  Backoff backoff(1);
  for (int i = 0; i < 5; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_EQ(backoff.Limit(), Duration(milliseconds(50)));
}

TEST(Backoff, ABaseAboveTheCeilingIsTheCeiling) {
  const Backoff backoff(1, {.base = Duration(seconds(9)), .ceiling = Duration(seconds(5))});
  EXPECT_EQ(backoff.Limit(), Duration(seconds(5)));
}

}  // namespace
}  // namespace belfry
