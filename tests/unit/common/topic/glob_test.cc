// SPDX-License-Identifier: Apache-2.0
#include "common/topic/glob.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/naive_matcher.h"

namespace belfry {
namespace {

using std::string_view_literals::operator""sv;

// Each line was compared with redis-server 7.0.15 (PSUBSCRIBE, PUBLISH).
TEST(Glob, Table) {
  const struct {
    std::string_view pattern;
    std::vector<std::string_view> matching;
    std::vector<std::string_view> other;
  } cases[] = {
      {"", {""}, {"a"}},
      {"*", {"a", "a.b", "\xFF"}, {""}},  // Redis: no pattern but the empty one matches ""
      {"**", {"a"}, {""}},
      {"a", {"a"}, {"", "aa", "b", "A"}},
      {"a*", {"a", "ab", "aaa"}, {"", "ba"}},
      {"*a", {"a", "ba", "aaa"}, {"", "ab"}},
      {"a*b", {"ab", "axb", "abb", "a*b"}, {"a", "b", "abx"}},
      {"a*b*c", {"abc", "axbxc", "abbcc"}, {"acb", "ab", "abcx"}},
      {"a**b", {"ab", "axb"}, {"a"}},
      {"?", {"a", "?"}, {"", "ab"}},
      {"a?c", {"abc", "a?c"}, {"ac", "abbc"}},
      {"*?", {"a", "abc"}, {""}},
      {"?*?", {"ab", "abc"}, {"a"}},
      {"[abc]", {"a", "b", "c"}, {"d", "", "ab"}},
      {"[a-c]", {"a", "b", "c"}, {"d", "-"}},
      {"[c-a]", {"a", "b", "c"}, {"d", "-"}},  // either order
      {"[^a-c]", {"d", "-", "^"}, {"a", "b", "c", ""}},
      {"[^x]*", {"a", "abc"}, {"x", "xa"}},
      {"[a^]", {"a", "^"}, {"b"}},
      {"[-a]", {"-", "a"}, {"b"}},
      {"[a-]", {"a", "]", "^"}, {"-", "b"}},  // a range from 'a' to ']', and no end
      {"[a-", {"a", "-"}, {"b"}},
      {"[a", {"a"}, {"b", "[a"}},
      {"[", {}, {"[", "a"}},
      {"[^", {"a", "["}, {"", "ab"}},
      {"[]", {}, {"]", "[]", "a"}},
      {"[^]", {"]", "a"}, {"", "ab"}},
      {"[]a]", {}, {"]", "a", "a]", "]a]"}},
      {"[\\]]", {"]"}, {"\\", "\\]"}},
      {"[\\^a]", {"^", "a"}, {"\\"}},
      {"[\\a-c]", {"a", "-", "c"}, {"b", "\\"}},  // an escaped byte starts no range
      {"[a-\\]", {"a", "\\", "]"}, {"b"}},
      {"[\\", {"\\"}, {"", "["}},
      {"\\*", {"*"}, {"a", "\\*", "\\a"}},
      {"\\[a]", {"[a]"}, {"a"}},
      {"a\\", {"a\\"}, {"a"}},
      {"\\\\", {"\\"}, {"\\\\"}},
      {"\\a", {"a"}, {"\\a"}},
      {"[\x80-\xFF]", {"\x80", "\xC3", "\xFF"}, {"a", "\x7F"}},
      {"[a-\xFF]", {"\xFF", "\x01", "a", "Z"}, {"b", "z", "\xFE"}},  // signed: -1..97
      {"a\nb*", {"a\nb\r\n"}, {"ab"}},
      {"socket.io#/#*", {"socket.io#/#room#", "socket.io#/#"}, {"socket.io#/x#"}},
      {"a*a*a*b", {"aaab", "axaxaxb"}, {"aab", "aaaaaaaaaaaaaaaaaaaaaaaa"}},
      {"*ab*ba*", {"abba", "xabxbax"}, {"aba", "baab"}},
      {"*aab", {"aaab", "aab"}, {"aaba"}},
      {"x*[ab]?z", {"xaaz", "x12bqz"}, {"xaz", "xabzy"}},
  };
  for (const auto& c : cases) {
    for (const std::string_view topic : c.matching) {
      EXPECT_TRUE(GlobMatches(c.pattern, topic)) << c.pattern << " ~ " << topic;
      EXPECT_TRUE(naive::Matches({FilterKind::kGlob, c.pattern}, topic))
          << c.pattern << " ~ " << topic;
    }
    for (const std::string_view topic : c.other) {
      EXPECT_FALSE(GlobMatches(c.pattern, topic)) << c.pattern << " ~ " << topic;
      EXPECT_FALSE(naive::Matches({FilterKind::kGlob, c.pattern}, topic))
          << c.pattern << " ~ " << topic;
    }
  }
}

TEST(Glob, NulBytesAreBytes) {
  EXPECT_TRUE(GlobMatches("a\0*"sv, "a\0b"sv));
  EXPECT_FALSE(GlobMatches("a\0*"sv, "a"sv));
  EXPECT_TRUE(GlobMatches("[\0-b]"sv, "\0"sv));
  EXPECT_FALSE(GlobMatches("[a"sv, "\0"sv));
}

// Short texts: the recursive matcher is exponential. And many of them to a case, since rapidcheck
// runs only 100 cases.
constexpr int kTextsPerCase = 20;
std::string TextOf(std::string_view alphabet) {
  return *rc::gen::resize(12, rc::gen::container<std::string>(rc::gen::elementOf(alphabet)));
}

RC_GTEST_PROP(Glob, AgreesWithTheRecursiveMatcher, ()) {
  for (int round = 0; round < kTextsPerCase; ++round) {
    const std::string pattern = TextOf("aaabb***??[[]]^-\\");
    const std::string topic = TextOf("aaabb[]^-*");
    const bool expected = naive::Matches({FilterKind::kGlob, pattern}, topic);
    RC_ASSERT(GlobMatches(pattern, topic) == expected);
  }
}

// Patterns made from the topic by blurring it, so that most of them match or almost match.
RC_GTEST_PROP(Glob, AgreesWithTheRecursiveMatcherOnNearMatches, ()) {
  for (int round = 0; round < kTextsPerCase; ++round) {
    const std::string topic = TextOf("ab.");
    std::string pattern;
    for (size_t i = 0; i < topic.size(); ++i) {
      const int choice = *rc::gen::element(0, 1, 2, 3, 4, 5, 6, 7);
      if (choice == 0) pattern += '*';
      if (choice == 1) pattern += '?';
      if (choice == 2) pattern += "[^a]";
      if (choice == 3) pattern += "[a-b]";
      if (choice == 4) pattern += "*\\";
      if (choice >= 4) pattern += topic[i];
    }
    const bool expected = naive::Matches({FilterKind::kGlob, pattern}, topic);
    RC_ASSERT(GlobMatches(pattern, topic) == expected);
  }
}

RC_GTEST_PROP(Glob, LiteralPrefixIsWhatEveryMatchStartsWith, ()) {
  for (int round = 0; round < kTextsPerCase; ++round) {
    const std::string pattern = TextOf("ab*?[]\\");
    const std::string topic = TextOf("ab*\\");
    if (topic.empty()) continue;
    const GlobPrefix prefix = LiteralPrefixOf(pattern);
    const bool starts = topic.starts_with(prefix.bytes);
    const std::string_view rest = std::string_view(pattern).substr(prefix.rest);
    RC_ASSERT(
        (starts && GlobRestMatches(rest, std::string_view(topic).substr(prefix.bytes.size()))) ==
        GlobMatches(pattern, topic));
  }
}

TEST(Glob, LiteralPrefix) {
  const auto prefix = [](std::string_view pattern) { return LiteralPrefixOf(pattern); };
  EXPECT_EQ(prefix("news.*").bytes, "news.");
  EXPECT_EQ(prefix("news.*").rest, 5u);
  EXPECT_EQ(prefix("a\\*b?c").bytes, "a*b");
  EXPECT_EQ(prefix("a\\*b?c").rest, 4u);
  EXPECT_EQ(prefix("a\\").bytes, "a\\");
  EXPECT_EQ(prefix("a\\").rest, 2u);
  EXPECT_EQ(prefix("[a]").bytes, "");
  EXPECT_EQ(prefix("abc").rest, 3u);
}

TEST(Glob, CountsStars) {
  EXPECT_EQ(CountGlobStars(""), 0u);
  EXPECT_EQ(CountGlobStars("a*b*"), 2u);
  EXPECT_EQ(CountGlobStars("***a***"), 2u);
  EXPECT_EQ(CountGlobStars("\\*[*][^*]*"), 1u);
  EXPECT_EQ(CountGlobStars("[a-]*]*"), 1u);  // the class ends at the second ']'
}

}  // namespace
}  // namespace belfry
