// SPDX-License-Identifier: Apache-2.0
//
// The commands. Each runs to its end and returns the exit code: 0 done, 1 failed. What went wrong
// is already on stderr then, as "belfry: what is wrong; what to do".
//
// Threads: Confined to the main thread.
#pragma once

#include "cli/options.h"

namespace belfry::cli {

int RunPub(const GlobalOptions& global, const PubCommand& command);
int RunSub(const GlobalOptions& global, const SubCommand& command);
int RunTopics(const GlobalOptions& global, const TopicsCommand& command);
int RunTopicShow(const GlobalOptions& global, const TopicShowCommand& command);
int RunSessions(const GlobalOptions& global, const SessionsCommand& command);
int RunSessionShow(const GlobalOptions& global, const SessionShowCommand& command);
int RunSessionKick(const GlobalOptions& global, const SessionKickCommand& command);
int RunStatus(const GlobalOptions& global);
int RunWait(const GlobalOptions& global, const WaitCommand& command);
int RunTop(const GlobalOptions& global, const TopCommand& command);
int RunBench(const GlobalOptions& global, const BenchCommand& command);

}  // namespace belfry::cli
