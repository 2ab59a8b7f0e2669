// SPDX-License-Identifier: Apache-2.0
#include "cli/manual_page.h"

#include <gtest/gtest.h>

#include <string>

namespace belfry::cli {
namespace {

TEST(ManualPage, TextIsNeverARequest) {
  EXPECT_EQ(TroffText("a - b"), "a \\- b");
  EXPECT_EQ(TroffText(".SH"), "\\&.SH");
  EXPECT_EQ(TroffText("'a' \"b\" \\ ^ ~ `"), "\\(aqa\\(aq \\(dqb\\(dq \\e \\(ha \\(ti \\(ga");
}

void ExpectAllIn(const CommandReference& command, const std::string& page) {
  if (command.commands.empty()) {
    EXPECT_NE(page.find(".SS \"\\fB" + TroffText(command.path) + "\\fR"), std::string::npos)
        << command.path;
  }
  for (const OptionReference& option : command.options) {
    EXPECT_NE(page.find("\\fB" + TroffText(option.name) + "\\fR"), std::string::npos)
        << command.path << " " << option.name;
  }
  for (const OptionReference& each : command.positionals) {
    EXPECT_NE(page.find("\\fI" + each.name + "\\fR"), std::string::npos) << command.path;
  }
  // Those of what only groups others are theirs, too.
  for (const std::string& example : command.examples) {
    if (command.path == "belfry bench") continue;
    EXPECT_NE(page.find("\n" + TroffText(example) + "\n"), std::string::npos) << example;
  }
  for (const CommandReference& each : command.commands) ExpectAllIn(each, page);
}

TEST(ManualPage, TellsEveryCommandOptionAndExample) {
  const CommandReference belfry = ReadCommandReference();
  ASSERT_FALSE(belfry.commands.empty());
  ExpectAllIn(belfry, ManualPage(belfry, "1.2.3"));
}

TEST(ManualPage, ShowsWhatMayBeLeftOutAndWhatMayBeRepeated) {
  const std::string page = ManualPage(ReadCommandReference(), "1.2.3");
  for (const char* const part : {"\\fBbelfry pub\\fR \\fITOPIC\\fR [\\fIPAYLOAD\\fR]",
                                 "\\fBbelfry sub\\fR \\fIFILTER\\fR ...",
                                 "\\fB\\-\\-count\\fR \\fIN\\fR\n", "\"Belfry 1.2.3\""}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
}

}  // namespace
}  // namespace belfry::cli
