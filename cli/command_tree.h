// SPDX-License-Identifier: Apache-2.0
//
// The tree of commands and their options, declared once: it is parsed by, and --help, the
// completion script and the man page are made from it.
//
// Lifecycle: parse with it once; raw() is then what was typed.
// Threads: Confined to its owner.
#pragma once

#include <memory>
#include <string>

#include "cli/raw_options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace belfry::cli {

class CommandTree {
 public:
  CommandTree();
  ~CommandTree();

  CLI::App& app() { return *app_; }
  // The command that was given, as far as it was: "session kick"; empty: none.
  std::string Given() const;
  // True if Given only groups commands and one of them is still to be named.
  bool GivenIsGroup() const;
  // After parsing.
  const RawOptions& raw();

 private:
  RawOptions raw_;
  const std::unique_ptr<CLI::App> app_;
};

}  // namespace belfry::cli
