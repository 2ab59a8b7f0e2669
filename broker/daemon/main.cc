// SPDX-License-Identifier: Apache-2.0
//
// belfryd. Exit status: 0 after a drain, 1 when it cannot start, 2 for wrong usage.
#include <cstdio>
#include <variant>

#include "broker/config/load.h"
#include "broker/config/print.h"
#include "broker/daemon/application.h"
#include "broker/daemon/command_line.h"
#include "broker/daemon/signals.h"

namespace {

int Fail(const belfry::Status& status) {
  std::fprintf(stderr, "belfryd: %s\n", belfry::MessageOf(status).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace belfry;
  const auto parsed = daemon::ParseCommandLine(argc, argv);
  if (const int* exit_status = std::get_if<int>(&parsed)) return *exit_status;
  const auto& command_line = std::get<daemon::CommandLine>(parsed);

  const auto config = config::Load(command_line.config_path, command_line.sets);
  if (!config.ok()) return Fail(config.status());
  if (command_line.print_config) {
    std::fputs(config::Print(*config).c_str(), stdout);
    return 0;
  }
  if (command_line.check_config) {
    std::puts("configuration ok");
    return 0;
  }
  daemon::Signals::Block();
  daemon::Application application(command_line, *config);
  if (const Status status = application.Start(); !status.ok()) return Fail(status);
  return application.Run();
}
