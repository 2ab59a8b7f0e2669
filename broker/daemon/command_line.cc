// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "common/version.h"

namespace belfry::daemon {

std::variant<CommandLine, int> ParseCommandLine(int argc, char** argv) {
  CommandLine line;
  CLI::App app("belfryd: the Belfry broker", "belfryd");
  app.footer(
      "Without --config the built-in defaults hold: one node on loopback.\n"
      "Signals: TERM and INT drain and stop, HUP reloads the configuration.\n\n"
      "Example:\n"
      "  belfryd --config /etc/belfry/belfry.toml --set log.level=debug");
  app.add_option("--config", line.config_path,
                 "read this TOML file (conf/belfry.toml shows every key)")
      ->type_name("FILE");
  app.add_option("--set", line.sets, "override one key; may be given again")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--ports-file", line.ports_path,
                 "write the listeners' ports here as JSON once all are up")
      ->type_name("FILE");
  app.add_flag("--check-config", line.check_config, "check the configuration and exit");
  app.add_flag("--print-config", line.print_config,
               "print the configuration in force, every key, and exit");
  app.set_version_flag("--version", std::string("belfryd ") + kVersionText, "print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "belfryd: %s; see belfryd --help\n", error.what());
    return 2;
  }
  return line;
}

}  // namespace belfry::daemon
