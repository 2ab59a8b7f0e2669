// SPDX-License-Identifier: Apache-2.0
#include "cli/json_writer.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace belfry::cli {
namespace {

TEST(JsonWriter, AnEmptyObject) { EXPECT_EQ(JsonObject().Line(), "{}"); }

TEST(JsonWriter, KeepsTheOrderOfItsFields) {
  EXPECT_EQ(JsonObject().Text("b", "x").Number("a", 7).Bool("c", true).Null("d").Line(),
            R"({"b":"x","a":7,"c":true,"d":null})");
}

TEST(JsonWriter, EscapesWhatWouldBreakALine) {
  EXPECT_EQ(JsonString("a\"b\\c\nd\re\tf"), R"("a\"b\\c\nd\re\tf")");
  EXPECT_EQ(JsonString(std::string("\0\x1b\x7f", 3)), R"("\u0000\u001b\u007f")");
}

TEST(JsonWriter, EscapesNamesToo) {
  EXPECT_EQ(JsonObject().Text("a\"b", "").Line(), R"({"a\"b":""})");
}

TEST(JsonWriter, KeepsUtf8AndReplacesWhatIsNot) {
  EXPECT_EQ(JsonString("Grüße 🔔"), "\"Grüße 🔔\"");
  EXPECT_EQ(JsonString("a\xff\xc3"), "\"a\\ufffd\\ufffd\"");
}

TEST(JsonWriter, WholeNumbersKeepAllDigits) {
  EXPECT_EQ(JsonObject().Number("n", UINT64_MAX).Line(), R"({"n":18446744073709551615})");
}

TEST(JsonWriter, DecimalsAreRoundedAndNeverNotANumber) {
  EXPECT_EQ(JsonObject().Decimal("r", 1234.5678, 1).Line(), R"({"r":1234.6})");
  EXPECT_EQ(JsonObject().Decimal("r", 1e15, 0).Line(), R"({"r":1000000000000000})");
  EXPECT_EQ(JsonObject().Decimal("r", std::numeric_limits<double>::quiet_NaN(), 1).Line(),
            R"({"r":null})");
  EXPECT_EQ(JsonObject().Decimal("r", std::numeric_limits<double>::infinity(), 1).Line(),
            R"({"r":null})");
}

TEST(JsonWriter, UnknownIsNull) {
  EXPECT_EQ(JsonObject().OptionalText("a", std::nullopt).OptionalNumber("b", std::nullopt).Line(),
            R"({"a":null,"b":null})");
  EXPECT_EQ(JsonObject().OptionalText("a", "x").OptionalNumber("b", 3).Line(),
            R"({"a":"x","b":3})");
}

TEST(JsonWriter, ObjectsWithinObjects) {
  EXPECT_EQ(JsonObject().Raw("headers", JsonObject().Text("k", "v").Line()).Line(),
            R"({"headers":{"k":"v"}})");
}

}  // namespace
}  // namespace belfry::cli
