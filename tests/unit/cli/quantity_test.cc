// SPDX-License-Identifier: Apache-2.0
#include "cli/quantity.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace belfry::cli {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Quantity, Durations) {
  EXPECT_EQ(*ParseDuration("7us"), microseconds(7));
  EXPECT_EQ(*ParseDuration("250ms"), milliseconds(250));
  EXPECT_EQ(*ParseDuration("5s"), seconds(5));
  EXPECT_EQ(*ParseDuration("2m"), seconds(120));
  EXPECT_EQ(*ParseDuration("1h"), hours(1));
  EXPECT_EQ(*ParseDuration("7d"), hours(168));
  EXPECT_EQ(*ParseDuration("10000d"), hours(240'000));
}

TEST(Quantity, DurationsWithoutASense) {
  for (const char* text : {"", "5", "s", "-5s", "+5s", "0s", "5 s", "5sec", "1.5s", "5S", "10001d",
                           "99999999999999999999s", "5s5ms"}) {
    const auto parsed = ParseDuration(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.status().code(), StatusCode::kInvalidArgument);
    EXPECT_NE(MessageOf(parsed.status()).find("250ms"), std::string::npos) << "tells what to write";
  }
}

TEST(Quantity, Sizes) {
  EXPECT_EQ(*ParseSize("0"), 0u);
  EXPECT_EQ(*ParseSize("128"), 128u);
  EXPECT_EQ(*ParseSize("64KiB"), 65536u);
  EXPECT_EQ(*ParseSize("1MiB"), 1048576u);
  EXPECT_EQ(*ParseSize("10GiB"), 10737418240u);
  for (const char* text : {"", "KiB", "1KB", "1 KiB", "-1", "1.5MiB", "99999999999999999999", "1e3",
                           "18446744073709551615KiB"}) {
    EXPECT_FALSE(ParseSize(text).ok()) << text;
  }
}

TEST(Quantity, Rates) {
  EXPECT_EQ(*ParseRate("10000"), 10000u);
  EXPECT_FALSE(ParseRate("max")->has_value());
  for (const char* text : {"", "0", "-1", "1k", "1000000001", "MAX"}) {
    EXPECT_FALSE(ParseRate(text).ok()) << text;
  }
}

TEST(Quantity, Servers) {
  EXPECT_EQ(*ParseServers("a:1,[::1]:2"), (std::vector<std::string>{"a:1", "[::1]:2"}));
  for (const char* text :
       {"", "a", "a:", ":1", "a:0", "a:65536", "a:1,", ",a:1", "::1:2", "[]:1", "a b:1", "a:1x"}) {
    EXPECT_FALSE(ParseServers(text).ok()) << text;
  }
}

TEST(Quantity, HeaderPairsSplitAtTheFirstEqualsSign) {
  EXPECT_EQ(ParsePair("a=b=c")->name, "a");
  EXPECT_EQ(ParsePair("a=b=c")->value, "b=c");
  EXPECT_EQ(ParsePair("a=")->value, "");
  EXPECT_FALSE(ParsePair("=b").ok());
  EXPECT_FALSE(ParsePair("a").ok());
}

TEST(Quantity, TopicCountsSplitAtTheLastEqualsSign) {
  EXPECT_EQ(ParseTopicCount("town.square=1")->topic, "town.square");
  EXPECT_EQ(ParseTopicCount("town.square=1")->count, 1u);
  EXPECT_EQ(ParseTopicCount("a=b=30")->topic, "a=b");
  for (const char* text : {"", "a", "a=", "=1", "a=x", "a=-1", "a=1x", "a=99999999999999999999"}) {
    EXPECT_FALSE(ParseTopicCount(text).ok()) << text;
  }
}

TEST(Quantity, ErrorsAreSafeToShow) {
  const std::string text = MessageOf(ParseDuration("\x1b[2J").status());
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace belfry::cli
