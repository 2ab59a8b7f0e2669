// SPDX-License-Identifier: Apache-2.0
//
// What belfryd was asked to do.
//
// Threads: a value. Errors: Parse prints help, version or what is wrong (to stderr) and tells the
// exit status: 2 for wrong usage.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace belfry::daemon {

struct CommandLine {
  std::optional<std::string> config_path;
  std::vector<std::string> sets;
  std::optional<std::string> ports_path;
  bool check_config = false;
  bool print_config = false;
};

// The command line, or the status to exit with at once.
std::variant<CommandLine, int> ParseCommandLine(int argc, char** argv);

}  // namespace belfry::daemon
