// SPDX-License-Identifier: Apache-2.0
#include "broker/config/value_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace belfry::config {
namespace {

using std::chrono::milliseconds;

TEST(ParseSize, TakesBytesAndBinaryUnits) {
  EXPECT_EQ(ParseSize("0"), 0u);
  EXPECT_EQ(ParseSize("65536"), 65536u);
  EXPECT_EQ(ParseSize("512B"), 512u);
  EXPECT_EQ(ParseSize("64KiB"), 65536u);
  EXPECT_EQ(ParseSize("1MiB"), 1048576u);
  EXPECT_EQ(ParseSize("10GiB"), uint64_t{10} << 30);
  EXPECT_EQ(ParseSize("16777215TiB"), uint64_t{16777215} << 40);
}

TEST(ParseSize, RefusesWhatItWouldHaveToGuess) {
  for (const char* text : {"", "KiB", "-1", "+1", "1.5MiB", "1 MiB", "1MB", "1mib", "1MiBs", "0x10",
                           "18446744073709551616", "16777216TiB", "99999999999999999GiB"}) {
    EXPECT_EQ(ParseSize(text), std::nullopt) << text;
  }
}

TEST(ParseDuration, TakesUnitsFromMillisecondsToDays) {
  EXPECT_EQ(ParseDuration("250ms"), Duration(milliseconds(250)));
  EXPECT_EQ(ParseDuration("5s"), Duration(milliseconds(5'000)));
  EXPECT_EQ(ParseDuration("2m"), Duration(milliseconds(120'000)));
  EXPECT_EQ(ParseDuration("1h"), Duration(milliseconds(3'600'000)));
  EXPECT_EQ(ParseDuration("7d"), Duration(milliseconds(604'800'000)));
  EXPECT_EQ(ParseDuration("0s"), Duration(0));
}

TEST(ParseDuration, RefusesWhatHasNoUnitOrOverflows) {
  for (const char* text : {"", "5", "0", "s", "-1s", "1.5s", "5 s", "5S", "5sec", "1us", "106752d",
                           "99999999999999h", "18446744073709551615ms"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(ParseInteger, TakesWholeNumbersOnly) {
  EXPECT_EQ(ParseInteger("1000000"), 1'000'000u);
  for (const char* text : {"", "-1", "1e6", "1_000", "1k", " 1"}) {
    EXPECT_EQ(ParseInteger(text), std::nullopt) << text;
  }
}

TEST(FormatSize, UsesTheLargestUnitThatDivides) {
  EXPECT_EQ(FormatSize(0), "0B");
  EXPECT_EQ(FormatSize(512), "512B");
  EXPECT_EQ(FormatSize(1536), "1536B");
  EXPECT_EQ(FormatSize(65536), "64KiB");
  EXPECT_EQ(FormatSize(uint64_t{10} << 30), "10GiB");
}

TEST(FormatDuration, UsesTheLargestUnitThatDivides) {
  EXPECT_EQ(FormatDuration(Duration(0)), "0s");
  EXPECT_EQ(FormatDuration(milliseconds(250)), "250ms");
  EXPECT_EQ(FormatDuration(milliseconds(90'000)), "90s");
  EXPECT_EQ(FormatDuration(milliseconds(172'800'000)), "2d");
}

RC_GTEST_PROP(ValueText, SizesSurviveTheirText, (uint64_t bytes)) {
  RC_ASSERT(ParseSize(FormatSize(bytes)) == bytes);
}

RC_GTEST_PROP(ValueText, DurationsSurviveTheirText, (uint32_t millis)) {
  const Duration duration = milliseconds(millis);
  RC_ASSERT(ParseDuration(FormatDuration(duration)) == duration);
}

TEST(Quoted, EscapesAndCuts) {
  EXPECT_EQ(Quoted("plain"), "\"plain\"");
  EXPECT_EQ(Quoted("a\"b\\c\n\x1b[2J"), "\"a\\\"b\\\\c\\u000A\\u001B[2J\"");
  EXPECT_EQ(Quoted(std::string(1000, 'x'), 4), "\"xxxx...\"");
}

}  // namespace
}  // namespace belfry::config
