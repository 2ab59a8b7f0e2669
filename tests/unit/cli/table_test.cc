// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include <gtest/gtest.h>

namespace belfry::cli {
namespace {

using Lines = std::vector<std::string>;

TEST(Table, ColumnsAreAsWideAsWhatStandsInThem) {
  Table table({{"N", true}, {"NAME"}, {"X"}}, Style());
  table.Add({"1", "鐘楼塔", "x"});
  table.Add({"100", "a", ""});
  EXPECT_EQ(table.Take(), (Lines{"  N  NAME    X", "  1  鐘楼塔  x", "100  a       "}));
}

TEST(Table, LaterRowsKeepTheWidthsAndMayGrowThem) {
  Table table({{"NAME"}, {"X"}}, Style());
  table.Add({"abcdef", "1"});
  EXPECT_EQ(table.Take(), (Lines{"NAME    X", "abcdef  1"}));
  table.Add({"a", "2"});
  EXPECT_EQ(table.Take(), (Lines{"a       2"})) << "and no second heading";
  table.Add({"abcdefgh", "3"});
  EXPECT_EQ(table.Take(), (Lines{"abcdefgh  3"}));
  EXPECT_EQ(table.rows(), 0u);
}

TEST(Table, ColoursDoNotMoveColumns) {
  Table table({{"A"}, {"B"}}, Style(true));
  table.Add({"1", "2"}, true);
  EXPECT_EQ(table.Take(), (Lines{"\x1b[1mA  B\x1b[0m", "\x1b[33m1  2\x1b[0m"}));
}

TEST(Style, ColoursOnlyWhereSomebodySeesThem) {
  EXPECT_TRUE(WantsColours(true, nullptr, "xterm"));
  EXPECT_TRUE(WantsColours(true, "", "xterm")) << "an empty NO_COLOR says nothing";
  EXPECT_FALSE(WantsColours(false, nullptr, "xterm"));
  EXPECT_FALSE(WantsColours(true, "1", "xterm"));
  EXPECT_FALSE(WantsColours(true, nullptr, "dumb"));
  EXPECT_FALSE(WantsColours(true, nullptr, nullptr));
  EXPECT_EQ(Style().Red("x"), "x");
  EXPECT_EQ(Style(true).Red(""), "");
}

}  // namespace
}  // namespace belfry::cli
