// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include <cstdio>
#include <variant>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/printer.h"

namespace belfry::cli {
namespace {

struct Runner {
  const GlobalOptions& global;

  int operator()(const PubCommand& command) const { return RunPub(global, command); }
  int operator()(const SubCommand& command) const { return RunSub(global, command); }
  int operator()(const TopicsCommand& command) const { return RunTopics(global, command); }
  int operator()(const TopicShowCommand& command) const { return RunTopicShow(global, command); }
  int operator()(const SessionsCommand& command) const { return RunSessions(global, command); }
  int operator()(const SessionShowCommand& command) const {
    return RunSessionShow(global, command);
  }
  int operator()(const SessionKickCommand& command) const {
    return RunSessionKick(global, command);
  }
  int operator()(const StatusCommand&) const { return RunStatus(global); }
  int operator()(const WaitCommand& command) const { return RunWait(global, command); }
  int operator()(const TopCommand& command) const { return RunTop(global, command); }
  int operator()(const BenchCommand& command) const { return RunBench(global, command); }
  int operator()(const CompletionCommand&) const {
    return PrintBlock(BashCompletion(ReadCommandReference())) ? 0 : Fail(kCannotWrite);
  }
};

int Main(int argc, const char* const* argv) {
  const auto parsed = ParseCommandLine(argc, argv);
  if (const Exit* exit = std::get_if<Exit>(&parsed)) {
    if (std::fputs(exit->out.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
      return Fail(kCannotWrite);
    }
    if (!exit->error.empty()) std::fprintf(stderr, "%s\n", exit->error.c_str());
    return exit->code;
  }
  const Invocation& invocation = std::get<Invocation>(parsed);
  return std::visit(Runner{invocation.global}, invocation.command);
}

}  // namespace
}  // namespace belfry::cli

int main(int argc, char** argv) {
  // gRPC would log failed connections to stderr in its own words; ours say what to do.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  return belfry::cli::Main(argc, argv);
}
