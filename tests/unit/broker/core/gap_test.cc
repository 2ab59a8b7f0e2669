// SPDX-License-Identifier: Apache-2.0
#include "broker/core/gap.h"

#include <gtest/gtest.h>

namespace belfry::core {
namespace {

TEST(Gap, IsEmptyUntilSomethingIsLost) {
  Gap gap;
  EXPECT_TRUE(gap.empty());
  gap.Add("t", 1);
  EXPECT_FALSE(gap.empty());
  EXPECT_FALSE(Gap::OfUnknownCount(GapCause::kReconnect).empty());
}

TEST(Gap, ATotalStaysATotal) {
  Gap gap;
  for (size_t i = 0; i <= Gap::kTopicsMax; ++i) gap.Add("t" + std::to_string(i), 2);
  EXPECT_TRUE(gap.topics.empty());
  gap.Add("t0", 1);
  EXPECT_TRUE(gap.topics.empty());
  EXPECT_EQ(gap.count, 2 * Gap::kTopicsMax + 3);
}

TEST(Gap, MergesTopicByTopic) {
  Gap gap{GapCause::kPeerLink, {{"a", 1}, {"b", 2}}, 3, true};
  gap.Merge(Gap{GapCause::kPeerLink, {{"b", 1}, {"c", 4}}, 5, true});
  ASSERT_EQ(gap.topics.size(), 3u);
  EXPECT_EQ(gap.topics[1].count, 3u);
  EXPECT_EQ(gap.count, 8u);
}

TEST(Gap, WhatIsUnknownOrTooManyMakesTheWholeSo) {
  Gap gap{GapCause::kPeerLink, {{"a", 1}}, 1, true};
  gap.Merge(Gap{GapCause::kPeerLink, {}, 100, true});
  EXPECT_TRUE(gap.topics.empty());
  EXPECT_EQ(gap.count, 101u);
  EXPECT_TRUE(gap.count_known);
  gap.Merge(Gap::OfUnknownCount(GapCause::kPeerLink));
  EXPECT_FALSE(gap.count_known);
  gap.Add("a", 1);
  EXPECT_TRUE(gap.topics.empty());
  EXPECT_FALSE(gap.count_known);
}

}  // namespace
}  // namespace belfry::core
