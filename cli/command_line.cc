// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <utility>
#include <vector>

#include "cli/command_checks.h"
#include "cli/command_tree.h"
#include "cli/text.h"

namespace belfry::cli {
namespace {

Exit Wrong(const CommandTree& tree, std::string_view what) {
  const std::string given = tree.Given();
  return {2, "",
          fmt::format("belfry: {}; see belfry {}{}--help", what, given, given.empty() ? "" : " ")};
}

// A text that already says what to do.
Exit Wrong(const Status& status) { return {2, "", "belfry: " + MessageOf(status)}; }

Exit FromParseError(CommandTree& tree, const CLI::ParseError& error) {
  const std::vector<std::string> left = tree.app().remaining(true);
  if (!left.empty()) {
    // An option of a later release is most often met with a value, which need not be named.
    const bool is_command = tree.GivenIsGroup() && left.front().substr(0, 1) != "-";
    const std::string given = is_command ? tree.Given() : "";
    return Wrong(tree, fmt::format("unknown {} '{}{}{}'", is_command ? "command" : "argument",
                                   given, given.empty() ? "" : " ", TerminalText(left.front())));
  }
  std::string what = TerminalText(error.what());
  if (what.find("subcommand is required") != std::string::npos) what = "no command given";
  if (what.size() > 1 && std::islower(static_cast<unsigned char>(what[1]))) {
    what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
  }
  return Wrong(tree, what);
}

}  // namespace

std::variant<Invocation, Exit> ParseCommandLine(int argc, const char* const* argv) {
  CommandTree tree;
  try {  // CLI11 says everything by exceptions
    tree.app().parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Exit{0, tree.app().help(), ""};
  } catch (const CLI::CallForVersion& version) {
    return Exit{0, std::string(version.what()) + "\n", ""};
  } catch (const CLI::ParseError& error) {
    return FromParseError(tree, error);
  }
  Invocation invocation;
  auto global = CheckGlobal(tree.raw());
  if (!global.ok()) return Wrong(global.status());
  invocation.global = *std::move(global);
  auto command = CheckCommand(tree.Given(), tree.raw());
  if (!command.ok()) return Wrong(command.status());
  invocation.command = *std::move(command);
  return invocation;
}

}  // namespace belfry::cli
