// SPDX-License-Identifier: Apache-2.0
#include "bench/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace belfry::bench {
namespace {

TEST(Histogram, EmptySaysZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.Count(), 0u);
  EXPECT_EQ(histogram.Percentile(0.5), 0u);
  EXPECT_EQ(histogram.Max(), 0u);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (uint64_t value = 0; value < 64; ++value) histogram.Record(value);
  EXPECT_EQ(histogram.Percentile(0.5), 31u);
  EXPECT_EQ(histogram.Percentile(1.0), 63u);
  EXPECT_EQ(histogram.Percentile(0.0), 0u);
}

TEST(Histogram, OneValueIsEveryPercentile) {
  Histogram histogram;
  histogram.Record(123'456'789);
  EXPECT_EQ(histogram.Percentile(0.001), 123'456'789u);
  EXPECT_EQ(histogram.Percentile(0.999), 123'456'789u);
}

TEST(Histogram, TakesTheLargestValue) {
  Histogram histogram;
  histogram.Record(UINT64_MAX);
  histogram.Record(uint64_t{1} << 63);
  EXPECT_EQ(histogram.Max(), UINT64_MAX);
  EXPECT_EQ(histogram.Percentile(1.0), UINT64_MAX);
}

TEST(Histogram, PercentilesAreNeverBelowAndAtMostOneSixtyFourthAbove) {
  std::mt19937_64 random(7);
  std::vector<uint64_t> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    const uint64_t value = random() >> (random() % 60);
    values.push_back(value);
    histogram.Record(value);
  }
  std::sort(values.begin(), values.end());
  for (const double fraction : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999}) {
    const uint64_t exact = values[static_cast<size_t>(fraction * values.size()) - 1];
    const uint64_t shown = histogram.Percentile(fraction);
    EXPECT_GE(shown, exact) << fraction;
    EXPECT_LE(shown - exact, exact / 64) << fraction;
  }
}

TEST(Histogram, MergingEqualsRecordingInOne) {
  Histogram both, left, right;
  for (uint64_t i = 1; i < 5000; ++i) {
    both.Record(i * i);
    (i % 3 == 0 ? left : right).Record(i * i);
  }
  left.Merge(right);
  EXPECT_EQ(left.Count(), both.Count());
  EXPECT_EQ(left.Max(), both.Max());
  for (const double fraction : {0.1, 0.5, 0.99}) {
    EXPECT_EQ(left.Percentile(fraction), both.Percentile(fraction));
  }
}

}  // namespace
}  // namespace belfry::bench
