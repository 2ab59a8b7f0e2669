// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/deadline.h"

#include <gtest/gtest.h>

#include <chrono>

namespace belfry::client {
namespace {

using std::chrono::milliseconds;

constexpr Instant kNow(std::chrono::hours(24));

TEST(DeadlineAfter, IsASumWhereItFits) {
  EXPECT_EQ(DeadlineAfter(kNow, milliseconds(250)), kNow + milliseconds(250));
  EXPECT_EQ(DeadlineAfter(kNow, milliseconds(0)), kNow);
}

TEST(DeadlineAfter, IsNeverWhereItDoesNot) {
  EXPECT_EQ(DeadlineAfter(kNow, milliseconds::max()), Instant::max());
  EXPECT_EQ(DeadlineAfter(kNow, Duration::max()), Instant::max());
  EXPECT_EQ(DeadlineAfter(kNow, Duration::max() - kNow.time_since_epoch()), Instant::max());
  EXPECT_LT(DeadlineAfter(kNow, Duration::max() - kNow.time_since_epoch() - Duration(1)),
            Instant::max());
  EXPECT_EQ(DeadlineAfter(Instant(Duration(-5)), Duration::max()),
            Instant(Duration::max() - Duration(5)));
}

TEST(DeadlineAfter, IsNowForLessThanNothing) {
  EXPECT_EQ(DeadlineAfter(kNow, milliseconds(-1)), kNow);
  EXPECT_EQ(DeadlineAfter(kNow, milliseconds::min()), kNow);
}

}  // namespace
}  // namespace belfry::client
