// SPDX-License-Identifier: Apache-2.0
#include "cli/command_reference.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/command_tree.h"

namespace belfry::cli {
namespace {

OptionReference FromOption(const CLI::Option& option) {
  OptionReference reference;
  const bool positional = option.get_positional();
  reference.name = positional ? option.get_name(true) : "--" + option.get_lnames().front();
  if (!positional && option.get_items_expected_max() > 0) {
    // Without what is allowed: "N:UINT in [1 - 10]".
    const std::string value = option.get_type_name();
    reference.value = value.substr(0, value.find(':'));
  }
  reference.description = option.get_description();
  reference.required = option.get_required();
  reference.repeated = option.get_items_expected_max() > 1 ||
                       option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  return reference;
}

// A footer is lines of prose, an empty line, "Example:" or "Examples:", one indented line for each,
// and perhaps more after another empty line.
void ReadFooter(const std::string& footer, CommandReference& command) {
  bool examples = false;
  std::string line;
  for (const char c : footer + "\n") {
    if (c != '\n') {
      line += c;
      continue;
    }
    if (line.rfind("Example", 0) == 0) {
      examples = true;
    } else if (examples && line.rfind("  ", 0) == 0) {
      command.examples.push_back(line.substr(2));
    } else if (examples) {
      return;
    } else if (!line.empty()) {
      command.prose += (command.prose.empty() ? "" : " ") + line;
    }
    line.clear();
  }
}

CommandReference FromApp(const CLI::App& app, const std::string& above) {
  CommandReference command;
  command.name = app.get_name();
  command.path = above.empty() ? command.name : above + " " + command.name;
  command.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    auto& where = option->get_positional() ? command.positionals : command.options;
    where.push_back(FromOption(*option));
  }
  ReadFooter(app.get_footer(), command);
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    command.commands.push_back(FromApp(*each, command.path));
  }
  return command;
}

}  // namespace

CommandReference ReadCommandReference() {
  CommandTree tree;
  return FromApp(tree.app(), "");
}

}  // namespace belfry::cli
