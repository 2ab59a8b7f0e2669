// SPDX-License-Identifier: Apache-2.0
#include "common/topic/topic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace belfry {
namespace {

using std::string_view_literals::operator""sv;
using testing::HasSubstr;

// Written from the other end than the product's: decodes code points and asks about each.
bool IsDoorTopicSlowly(std::string_view text) {
  if (text.empty() || text[0] == '$') return false;
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    size_t length = 1;
    uint32_t code = byte;
    if (byte >= 0x80) {
      length = byte >> 5 == 0x6 ? 2 : byte >> 4 == 0xE ? 3 : byte >> 3 == 0x1E ? 4 : 0;
      if (length == 0 || at + length > text.size()) return false;
      code = byte & (0x7F >> length);
      for (size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[at + i]);
        if (next >> 6 != 2) return false;
        code = code << 6 | (next & 0x3F);
      }
      const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
      if (code < smallest[length] || code > 0x10FFFF) return false;
      if (code >= 0xD800 && code <= 0xDFFF) return false;
    }
    if (code < 0x20 || (code >= 0x7F && code <= 0x9F)) return false;
    at += length;
  }
  return true;
}

TEST(Topic, ValidOnes) {
  for (const std::string_view topic : {"a"sv,
                                       "a.b"sv,
                                       "orders.new.eu"sv,
                                       "."sv,
                                       ".."sv,
                                       "a..b"sv,
                                       ".a"sv,
                                       "a."sv,
                                       " "sv,
                                       "a$"sv,
                                       "a.$b"sv,
                                       "*"sv,
                                       "a.*"sv,
                                       ">"sv,
                                       "[x]?"sv,
                                       "~"sv,
                                       "\xC2\xA0"sv,
                                       "\xC3\xA9t\xC3\xA9"sv,
                                       "\xDF\xBF"sv,
                                       "\xE0\xA0\x80"sv,
                                       "\xE2\x82\xAC"sv,
                                       "\xED\x9F\xBF"sv,
                                       "\xEE\x80\x80"sv,
                                       "\xEF\xBF\xBF"sv,
                                       "\xF0\x90\x80\x80"sv,
                                       "\xF0\x9F\x94\x94"sv,
                                       "\xF4\x8F\xBF\xBF"sv,
                                       "12345678\xC3\xA9"
                                       "12345678"sv}) {
    EXPECT_TRUE(IsDoorTopic(topic)) << topic;
    EXPECT_TRUE(ValidateTopic(topic, kTopicBytesDefault).ok()) << topic;
  }
}

TEST(Topic, InvalidOnesAndWhatIsSaidOfThem) {
  const struct {
    std::string_view topic;
    std::string_view says;
  } cases[] = {
      {""sv, "topic is empty"},
      {"$sys"sv, "starts with '$'"},
      {"a\x00"sv, "U+0000 at byte 1"},
      {"a\nb"sv, "U+000A at byte 1"},
      {"\x1F"sv, "U+001F at byte 0"},
      {"abcdefgh\x7F"sv, "U+007F at byte 8"},
      {"abc\x7Fzzzzzzz"sv, "U+007F at byte 3"},
      {"a\xC2\x80"sv, "U+0080 at byte 1"},
      {"a\xC2\x9F"sv, "U+009F at byte 1"},
      {"a\x80"sv, "not valid UTF-8 at byte 1"},                 // continuation alone
      {"a\xC3"sv, "not valid UTF-8 at byte 1"},                 // cut
      {"a\xC0\x80"sv, "not valid UTF-8 at byte 1"},             // overlong
      {"a\xC1\xBF"sv, "not valid UTF-8 at byte 1"},             // overlong
      {"a\xE0\x9F\xBF"sv, "not valid UTF-8 at byte 1"},         // overlong
      {"a\xF0\x8F\xBF\xBF"sv, "not valid UTF-8 at byte 1"},     // overlong
      {"a\xED\xA0\x80"sv, "not valid UTF-8 at byte 1"},         // surrogate
      {"a\xED\xBF\xBF"sv, "not valid UTF-8 at byte 1"},         // surrogate
      {"a\xF4\x90\x80\x80"sv, "not valid UTF-8 at byte 1"},     // above U+10FFFF
      {"a\xF5\x80\x80\x80"sv, "not valid UTF-8 at byte 1"},     // above U+10FFFF
      {"a\xE2\x82"sv, "not valid UTF-8 at byte 1"},             // cut
      {"a\xF0\x9F\x94"sv, "not valid UTF-8 at byte 1 (0xF0)"},  // cut
      {"a\xE2\x28\xA1"sv, "not valid UTF-8 at byte 1"},         // no continuation
      {"12345678\xFF"sv, "not valid UTF-8 at byte 8 (0xFF)"},
  };
  for (const auto& c : cases) {
    EXPECT_FALSE(IsDoorTopic(c.topic)) << c.says;
    const Status status = ValidateTopic(c.topic, kTopicBytesDefault);
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(MessageOf(status), HasSubstr(std::string(c.says)));
  }
}

TEST(Topic, LengthIsLimitedByWhatIsAskedAndByTheHardMaximum) {
  EXPECT_TRUE(ValidateTopic(std::string(512, 'a'), 512).ok());
  const Status status = ValidateTopic(std::string(513, 'a'), 512);
  EXPECT_THAT(MessageOf(status), HasSubstr("513 bytes long, the limit is 512"));
  EXPECT_TRUE(ValidateTopic(std::string(4096, 'a'), 1 << 20).ok());
  EXPECT_FALSE(ValidateTopic(std::string(4097, 'a'), 1 << 20).ok());
  EXPECT_TRUE(IsDoorTopic(std::string(513, 'a'))) << "the hot path compares the size by itself";
}

TEST(Topic, EveryByteAtEveryPlaceOfAWord) {
  for (int byte = 0; byte < 256; ++byte) {
    for (size_t at = 0; at < 17; ++at) {
      std::string topic(17, 'x');
      topic[at] = static_cast<char>(byte);
      EXPECT_EQ(IsDoorTopic(topic), IsDoorTopicSlowly(topic)) << byte << " at " << at;
    }
  }
}

TEST(Topic, EveryPairOfBytesAfterEachLeadByte) {
  for (int lead = 0xBF; lead < 256; ++lead) {
    for (int second = 0x7E; second < 0xC2; ++second) {
      for (const char* rest : {"", "\x80", "\xBF", "\x80\x80", "\xBF\xBF", "\xBF\xC0", "a"}) {
        const std::string topic =
            std::string{static_cast<char>(lead), static_cast<char>(second)} + rest;
        EXPECT_EQ(IsDoorTopic(topic), IsDoorTopicSlowly(topic)) << lead << " " << second;
      }
    }
  }
}

RC_GTEST_PROP(Topic, AgreesWithTheSlowCheckOnRandomBytes, ()) {
  const auto parts = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "a", ".", "$", "12345678", "\x7F", "\x1F", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x94\x94",
      "\xC2", "\x80", "\xC2\x85", "\xED\xA0\x80", std::string(1, '\0')));
  std::string topic;
  for (const std::string& part : parts) topic += part;
  RC_ASSERT(IsDoorTopic(topic) == IsDoorTopicSlowly(topic));
  RC_ASSERT(ValidateTopic(topic, kTopicBytesMax).ok() ==
            (IsDoorTopicSlowly(topic) && topic.size() <= kTopicBytesMax));
}

TEST(Topic, Segments) {
  const auto split = [](std::string_view text) {
    std::vector<std::string> segments;
    for (size_t begin = 0; begin <= text.size();) {
      const size_t end = SegmentEnd(text, begin);
      segments.emplace_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return segments;
  };
  EXPECT_THAT(split("a.b"), testing::ElementsAre("a", "b"));
  EXPECT_THAT(split("a..b."), testing::ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("."), testing::ElementsAre("", ""));
  EXPECT_THAT(split(""), testing::ElementsAre(""));
}

TEST(Topic, HashDependsOnEveryByteAndOnTheLength) {
  const std::string topic(24, 'x');
  for (size_t at = 0; at < topic.size(); ++at) {
    std::string other = topic;
    other[at] = 'y';
    EXPECT_NE(TopicHash(topic), TopicHash(other));
  }
  EXPECT_NE(TopicHash("a"), TopicHash("a\0"sv));
  EXPECT_EQ(TopicHash(topic), TopicHash(std::string(24, 'x')));
}

}  // namespace
}  // namespace belfry
