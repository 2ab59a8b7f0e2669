// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/escape.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace belfry::observability {
namespace {

TEST(TextField, LeavesPlainTextAlone) {
  EXPECT_EQ(TextField("town.square"), "town.square");
  EXPECT_EQ(TextField("127.0.0.1:7450"), "127.0.0.1:7450");
  EXPECT_EQ(TextField("Gr\xC3\xBC\xC3\x9F"), "Gr\xC3\xBC\xC3\x9F");
}

TEST(TextField, QuotesWhatWouldReadAsSomethingElse) {
  EXPECT_EQ(TextField(""), "\"\"");
  EXPECT_EQ(TextField("a b"), "\"a b\"");
  EXPECT_EQ(TextField("a=b"), "\"a=b\"");
  EXPECT_EQ(TextField("say \"hi\" \\"), "\"say \\\"hi\\\" \\\\\"");
}

TEST(TextField, EscapesWhatCouldForgeALineOrDriveATerminal) {
  EXPECT_EQ(TextField("x\n2026 ERROR fake"), "\"x\\n2026 ERROR fake\"");
  EXPECT_EQ(TextField("\x1b[2J\r\t"), "\"\\u{1B}[2J\\u{D}\\u{9}\"");
  EXPECT_EQ(TextField(std::string_view("a\0b", 3)), "\"a\\u{0}b\"");
  EXPECT_EQ(TextField("\xC2\x9B"
                      "31m"),
            "\"\\u{9B}31m\"");  // C1: an 8-bit escape
  EXPECT_EQ(TextField("\xE2\x80\xAE"
                      "gpj.exe"),
            "\"\\u{202E}gpj.exe\"");  // right to left
  EXPECT_EQ(TextField("\xE2\x80\xA8"), "\"\\u{2028}\"");
  EXPECT_EQ(TextField("a\xFF\xC3"), "\"a\\xFF\\xC3\"");
  EXPECT_EQ(TextField("\xC0\x8A"), "\"\\xC0\\x8A\"");  // an overlong newline
}

TEST(TextField, CutsLongTextBeforeACharacter) {
  EXPECT_EQ(TextField(std::string(256, 'a')), std::string(256, 'a'));
  EXPECT_EQ(TextField(std::string(257, 'a')), std::string(256, 'a') + "...");
  EXPECT_EQ(TextField(std::string(255, 'a') + "\xC3\xA4"), std::string(255, 'a') + "...");
  EXPECT_LT(TextField(std::string(1 << 20, '\n')).size(), 600u);
}

TEST(JsonField, EscapesAsJsonWants) {
  EXPECT_EQ(JsonField("plain"), "\"plain\"");
  EXPECT_EQ(JsonField("a\"b\\c\nd"), "\"a\\\"b\\\\c\\u000ad\"");
  EXPECT_EQ(JsonField("\x7F\xC2\x9B"), "\"\\u007f\\u009b\"");
  EXPECT_EQ(JsonField("\xE2\x80\xAE"), "\"\\u202e\"");
  EXPECT_EQ(JsonField("a\xFFz"), "\"a\\ufffdz\"");
  EXPECT_EQ(JsonField("\xF0\x9F\x94\x94"), "\"\xF0\x9F\x94\x94\"");
  EXPECT_EQ(JsonField(std::string(300, 'a')), "\"" + std::string(256, 'a') + "...\"");
}

// Whatever comes in, what goes out is one bounded line.
RC_GTEST_PROP(Escape, NeverLetsAControlByteThrough, (const std::string& value)) {
  for (const std::string& field : {TextField(value), JsonField(value)}) {
    RC_ASSERT(field.size() <= 6 * kFieldBytesMax + 5);
    for (const char c : field) {
      const auto byte = static_cast<unsigned char>(c);
      RC_ASSERT(byte >= 0x20 && byte != 0x7F);
    }
  }
}

}  // namespace
}  // namespace belfry::observability
