// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <gtest/gtest.h>

#include <string>

namespace belfry::cli {
namespace {

// That it completes what it should is asked of bash itself, in tests/integration.
void ExpectAllIn(const CommandReference& command, const std::string& script) {
  for (const OptionReference& option : command.options) {
    EXPECT_NE(script.find(option.name), std::string::npos) << command.path << " " << option.name;
  }
  for (const CommandReference& each : command.commands) {
    EXPECT_NE(script.find("\"" + each.path.substr(6) + "\")"), std::string::npos) << each.path;
    ExpectAllIn(each, script);
  }
}

TEST(BashCompletion, KnowsEveryCommandAndOption) {
  const CommandReference belfry = ReadCommandReference();
  ExpectAllIn(belfry, BashCompletion(belfry));
}

TEST(BashCompletion, KnowsWhichOptionsTakeAValue) {
  CommandReference belfry;
  belfry.name = belfry.path = "belfry";
  belfry.options = {{.name = "--one", .value = "N"}, {.name = "--two"}};
  const std::string script = BashCompletion(belfry);
  EXPECT_NE(script.find("--one) before= ;"), std::string::npos) << script;
  EXPECT_NE(script.find("-W '--one --two'"), std::string::npos) << script;
}

}  // namespace
}  // namespace belfry::cli
