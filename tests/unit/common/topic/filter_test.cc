// SPDX-License-Identifier: Apache-2.0
#include "common/topic/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/topic/topic.h"
#include "tests/support/naive_matcher.h"

namespace belfry {
namespace {

using std::string_view_literals::operator""sv;
using testing::HasSubstr;

std::string Repeated(std::string_view part, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += part;
  return text;
}

TEST(Filter, ValidOnes) {
  const struct {
    FilterKind kind;
    std::string text;
  } cases[] = {
      {FilterKind::kLiteral, "a.b"},
      {FilterKind::kLiteral, "a.*.>"},  // means itself
      {FilterKind::kLiteral, "a*b"},
      {FilterKind::kWildcard, "a.b"},  // a wildcard without wildcards matches one topic
      {FilterKind::kWildcard, "*"},
      {FilterKind::kWildcard, ">"},
      {FilterKind::kWildcard, "*.>"},
      {FilterKind::kWildcard, "a..*.b."},
      {FilterKind::kWildcard, ".>"},
      {FilterKind::kWildcard, Repeated("*.", 63) + "*"},
      {FilterKind::kWildcard, Repeated("*.", 63) + ">"},
      {FilterKind::kWildcard, "\xC3\xA9.*"},
      {FilterKind::kGlob, ""},
      {FilterKind::kGlob, "$*"},
      {FilterKind::kGlob, "*"},
      {FilterKind::kGlob, "\xFF\n*[a-"},
      {FilterKind::kGlob, Repeated("a*", 64)},
      {FilterKind::kGlob, std::string(512, '*')},        // neighbours count once
      {FilterKind::kGlob, Repeated("\\*", 100)},         // escaped
      {FilterKind::kGlob, "[" + std::string(100, '*')},  // in a class
  };
  for (const auto& c : cases) {
    const FilterView filter{c.kind, c.text};
    EXPECT_TRUE(ValidateFilter(filter, kTopicBytesDefault).ok()) << FormatFilter(filter);
  }
}

TEST(Filter, InvalidOnesAndWhatIsSaidOfThem) {
  const struct {
    FilterKind kind;
    std::string text;
    std::string_view says;
  } cases[] = {
      {FilterKind::kLiteral, "", "literal filter is empty"},
      {FilterKind::kLiteral, "$a", "starts with '$'"},
      {FilterKind::kLiteral, "a\n", "control character U+000A"},
      {FilterKind::kLiteral, std::string(513, 'a'), "513 bytes long"},
      {FilterKind::kWildcard, "", "wildcard filter is empty"},
      {FilterKind::kWildcard, "$a.>", "starts with '$'"},
      {FilterKind::kWildcard, "a.\xFF", "not valid UTF-8 at byte 2"},
      {FilterKind::kWildcard, "a*", "'*' at byte 1 within a segment"},
      {FilterKind::kWildcard, "x.*b", "'*' at byte 2 within a segment"},
      {FilterKind::kWildcard, "**", "within a segment"},
      {FilterKind::kWildcard, "a.>>", "within a segment"},
      {FilterKind::kWildcard, "a>", "'>' at byte 1 within a segment"},
      {FilterKind::kWildcard, ">.a", "'>' at byte 0, before its end"},
      {FilterKind::kWildcard, "a.>.", "'>' at byte 2, before its end"},
      {FilterKind::kWildcard, Repeated("*.", 64) + "*", "65 wildcard segments, the limit is 64"},
      {FilterKind::kWildcard, Repeated("*.", 64) + ">", "65 wildcard segments"},
      {FilterKind::kWildcard, std::string(65536, 'a'), "65536 bytes long"},
      {FilterKind::kGlob, std::string(513, 'a'), "513 bytes long, the limit is 512"},
      {FilterKind::kGlob, Repeated("a*", 65), "65 stars, the limit is 64"},
      {FilterKind::kGlob, std::string(65536, '*'), "65536 bytes long"},
      {static_cast<FilterKind>(7), "a", "unknown kind"},
  };
  for (const auto& c : cases) {
    const Status status = ValidateFilter({c.kind, c.text}, kTopicBytesDefault);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(MessageOf(status), HasSubstr(std::string(c.says)));
  }
}

TEST(Filter, LiteralsMatchThemselvesOnly) {
  EXPECT_TRUE(Matches({FilterKind::kLiteral, "a.*"}, "a.*"));
  EXPECT_FALSE(Matches({FilterKind::kLiteral, "a.*"}, "a.b"));
  EXPECT_FALSE(Matches({FilterKind::kLiteral, "a"}, "a."));
  EXPECT_FALSE(Matches({FilterKind::kLiteral, "a"}, "A"));
}

TEST(Filter, WildcardTable) {
  const struct {
    std::string_view filter;
    std::vector<std::string_view> matching;
    std::vector<std::string_view> other;
  } cases[] = {
      {"*", {"a", "", "*", "$x"}, {"a.b", ".", "a."}},
      {">", {"a", "", "a.b.c", ".", "a."}, {}},
      {"a.*", {"a.b", "a.", "a.*"}, {"a", "a.b.c", "b.a", "a..", "A.b"}},
      {"a.>", {"a.b", "a.b.c", "a.", "a.."}, {"a", "ab.c", "b"}},
      {"*.b", {"a.b", ".b"}, {"b", "a.b.c", "a..b"}},
      {"a.*.c", {"a.b.c", "a..c"}, {"a.c", "a.b.b.c", "a.b.c.d"}},
      {"*.*", {"a.b", "."}, {"a", "a.b.c", ".."}},
      {"*.>", {"a.b", "a.b.c", "."}, {"a", ""}},
      {"a..b", {"a..b"}, {"a.b", "a.x.b"}},
      {"a.b", {"a.b"}, {"a", "a.c", "a.b.c", "a.b."}},
      {".", {"."}, {"", "..", "a."}},
  };
  for (const auto& c : cases) {
    for (const std::string_view topic : c.matching) {
      EXPECT_TRUE(Matches({FilterKind::kWildcard, c.filter}, topic)) << c.filter << " ~ " << topic;
    }
    for (const std::string_view topic : c.other) {
      EXPECT_FALSE(Matches({FilterKind::kWildcard, c.filter}, topic)) << c.filter << " ~ " << topic;
    }
  }
}

RC_GTEST_PROP(Filter, WildcardsAgreeWithTheNaiveMatcher, ()) {
  for (int round = 0; round < 20;
       ++round) {  // many to a case, since rapidcheck runs only 100 cases
    const auto filter =
        *rc::gen::resize(10, rc::gen::container<std::string>(rc::gen::elementOf("aab.***.>"sv)));
    const auto topic =
        *rc::gen::resize(8, rc::gen::container<std::string>(rc::gen::elementOf("aab.."sv)));
    RC_ASSERT(Matches({FilterKind::kWildcard, filter}, topic) ==
              naive::WildcardMatches(filter, topic));
  }
}

TEST(Filter, FormatsForLogs) {
  EXPECT_EQ(FormatFilter({FilterKind::kWildcard, "orders.>"}), R"(wildcard "orders.>")");
  EXPECT_EQ(FormatFilter({FilterKind::kLiteral, ""}), R"(literal "")");
  EXPECT_EQ(FormatFilter({FilterKind::kGlob, "a\"\\\n\xC3*"}), R"(glob "a\"\\\x0A\xC3*")");
  EXPECT_EQ(FormatFilter({FilterKind::kLiteral, std::string(256, 'x')}),
            "literal \"" + std::string(256, 'x') + "\"");
  EXPECT_EQ(FormatFilter({FilterKind::kLiteral, std::string(257, 'x')}),
            "literal \"" + std::string(256, 'x') + "...\"");
}

TEST(Filter, OwnsItsTextAndIsEqualByKindAndText) {
  std::string text = "a.*";
  const Filter filter(FilterView{FilterKind::kWildcard, text});
  text = "gone";
  EXPECT_EQ(filter.view(), (FilterView{FilterKind::kWildcard, "a.*"}));
  EXPECT_EQ(filter, Filter(FilterKind::kWildcard, "a.*"));
  EXPECT_NE(filter, Filter(FilterKind::kGlob, "a.*"));
  EXPECT_TRUE(Matches(filter, "a.b"));
}

}  // namespace
}  // namespace belfry
