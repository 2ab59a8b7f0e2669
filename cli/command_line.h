// SPDX-License-Identifier: Apache-2.0
//
// Reads the command line: the one place that knows CLI11. A flag or command that this release does
// not have is an error, never accepted and ignored.
//
// Threads: ParseCommandLine is a pure function of its arguments and $BELFRY_SERVER.
// Fails: with an Exit, whose code is 2 for wrong usage and 0 for --help and --version.
#pragma once

#include <string>
#include <variant>

#include "cli/options.h"

namespace belfry::cli {

// Nothing to run: print and end.
struct Exit {
  int code = 0;
  std::string out;
  std::string error;
};

std::variant<Invocation, Exit> ParseCommandLine(int argc, const char* const* argv);

}  // namespace belfry::cli
