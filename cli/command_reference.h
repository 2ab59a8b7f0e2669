// SPDX-License-Identifier: Apache-2.0
//
// What there is to say about the commands and their options, as plain values: read from the command
// tree, so that completion and man page never lag behind --help.
//
// Threads: Immutable values.
#pragma once

#include <string>
#include <vector>

namespace belfry::cli {

struct OptionReference {
  // "--json", or of a positional "TOPIC".
  std::string name;
  // "DUR"; empty: a flag.
  std::string value = {};
  std::string description = {};
  bool required = false;
  bool repeated = false;
};

struct CommandReference {
  // "belfry session kick".
  std::string path;
  std::string name;
  std::string description;
  std::vector<OptionReference> positionals;
  // Its own, without those that every command has.
  std::vector<OptionReference> options;
  // How it behaves, and its examples.
  std::string prose;
  std::vector<std::string> examples;
  std::vector<CommandReference> commands;
};

// Of `belfry` itself; its options are those of every command.
CommandReference ReadCommandReference();

}  // namespace belfry::cli
