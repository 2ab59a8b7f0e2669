// SPDX-License-Identifier: Apache-2.0
#include "cli/amount_text.h"

#include <gtest/gtest.h>

namespace belfry::cli {
namespace {

TEST(AmountText, Bytes) {
  EXPECT_EQ(BytesText(0), "0 B");
  EXPECT_EQ(BytesText(1023), "1023 B");
  EXPECT_EQ(BytesText(1024), "1.0 KiB");
  EXPECT_EQ(BytesText((1 << 20) - 1), "1.0 MiB") << "never 1024.0 KiB";
  EXPECT_EQ(BytesText(uint64_t{3} << 29), "1.5 GiB");
  EXPECT_EQ(BytesText(UINT64_MAX), "16777216.0 TiB");
}

TEST(AmountText, Ages) {
  EXPECT_EQ(AgeText(0), "0 ms");
  EXPECT_EQ(AgeText(999), "999 ms");
  EXPECT_EQ(AgeText(4250), "4.2 s");
  EXPECT_EQ(AgeText(185'000), "3 min 5 s");
  EXPECT_EQ(AgeText(3'661'000), "1 h 1 min");
  EXPECT_EQ(AgeText(90'000'000), "1 d 1 h");
}

TEST(AmountText, Counts) {
  EXPECT_EQ(CountText(0), "0");
  EXPECT_EQ(CountText(999), "999");
  EXPECT_EQ(CountText(1000), "1,000");
  EXPECT_EQ(CountText(12345678), "12,345,678");
  EXPECT_EQ(Plural(1, "node"), "1 node");
  EXPECT_EQ(Plural(0, "node"), "0 nodes");
}

}  // namespace
}  // namespace belfry::cli
