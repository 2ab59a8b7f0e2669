// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <gtest/gtest.h>

#include <string>

namespace belfry::cli {
namespace {

TEST(Text, AcceptsEveryLengthOfUtf8) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("a\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
}

TEST(Text, RefusesWhatOnlyLooksLikeUtf8) {
  EXPECT_FALSE(IsUtf8("\x80"));              // a continuation alone
  EXPECT_FALSE(IsUtf8("\xc0\xaf"));          // overlong '/'
  EXPECT_FALSE(IsUtf8("\xe0\x9f\xbf"));      // overlong
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(IsUtf8("\xf4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsUtf8("\xf0\x90\x80"));      // cut short
  EXPECT_FALSE(IsUtf8("\xe2\x82z"));
}

// RFC 4648, section 10.
TEST(Text, Base64Vectors) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64("\xff\xfe\xfd"), "//79");
}

TEST(Text, TerminalKeepsOrdinaryTextAndTabs) { EXPECT_EQ(TerminalText("Grüße\t🔔"), "Grüße\t🔔"); }

TEST(Text, TerminalShowsControlCharacters) {
  EXPECT_EQ(TerminalText("a\nb\rc"), "a\\nb\\rc");
  EXPECT_EQ(TerminalText("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(TerminalText(std::string("\0\x07\x7f", 3)), "\\x00\\x07\\x7f");
  EXPECT_EQ(TerminalText("\xc2\x9b"), "\\u{9b}");        // C1: a CSI in one character
  EXPECT_EQ(TerminalText("\xe2\x80\xae"), "\\u{202e}");  // right-to-left override
  EXPECT_EQ(TerminalText("\xef\xbb\xbf"), "\\u{feff}");
}

TEST(Text, TerminalIsUnambiguous) {
  EXPECT_EQ(TerminalText("\\n"), "\\\\n");
  EXPECT_EQ(TerminalText("\xff"), "\\xff");
  EXPECT_EQ(TerminalText("\\xff"), "\\\\xff");
}

}  // namespace
}  // namespace belfry::cli
