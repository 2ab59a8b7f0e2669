// SPDX-License-Identifier: Apache-2.0
#include "cli/display_width.h"

#include <gtest/gtest.h>

namespace belfry::cli {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(DisplayWidth(""), 0u);
  EXPECT_EQ(DisplayWidth("town"), 4u);
  EXPECT_EQ(DisplayWidth("Grüße"), 5u);
  EXPECT_EQ(DisplayWidth("鐘楼"), 4u);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1u) << "a combining mark takes none";
  EXPECT_EQ(DisplayWidth("\xff"), 1u);
}

TEST(DisplayWidth, CutsAndSaysSo) {
  EXPECT_EQ(CutToWidth("town", 4), "town");
  EXPECT_EQ(CutToWidth("town", 3), "to…");
  EXPECT_EQ(CutToWidth("town", 1), "…");
  EXPECT_EQ(CutToWidth("town", 0), "");
  EXPECT_EQ(CutToWidth("", 0), "");
  EXPECT_EQ(CutToWidth("鐘楼の", 5), "鐘楼…");
  EXPECT_EQ(CutToWidth("鐘楼の", 4), "鐘…") << "half a character does not fit";
  for (size_t width = 0; width < 12; ++width) {
    EXPECT_LE(DisplayWidth(CutToWidth("a鐘b楼cüd\xff"
                                      "e",
                                      width)),
              width);
  }
}

}  // namespace
}  // namespace belfry::cli
