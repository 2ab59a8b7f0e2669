// SPDX-License-Identifier: Apache-2.0
//
// A command line in parsed form: what holds for every command, and one struct for each command with
// exactly what it may be told. Already checked: whoever gets one need not look again.
//
// Threads: Immutable values. Units: in the types.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "belfry/overflow_policy.h"
#include "bench/load/load.h"
#include "cli/quantity.h"
#include "common/clock.h"
#include "common/topic/filter.h"

namespace belfry::cli {

struct GlobalOptions {
  // HOST:PORT each; never empty.
  std::vector<std::string> servers;
  // PEM files; all empty for plaintext.
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  // For what a command waits for: the connection, an outcome, readiness. Long enough for a broker
  // that is just starting.
  Duration timeout = std::chrono::seconds(10);
  bool json = false;
};

struct PubCommand {
  enum class Source { kArgument, kStdin, kLines };

  std::string topic;
  Source source = Source::kArgument;
  // For kArgument.
  std::string payload;
  uint64_t count = 1;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string key;
  // False: --ack none.
  bool ack_accepted = true;
};

struct SubCommand {
  std::vector<Filter> filters;
  OverflowPolicy overflow = OverflowPolicy::kDropOldest;
  // Ends after that many messages.
  std::optional<uint64_t> count;
};

struct TopicsCommand {
  // A wildcard filter; empty: all.
  std::string filter;
};

struct TopicShowCommand {
  std::string topic;
};

struct SessionsCommand {
  bool slow_only = false;
};

// 16 hexadecimal digits each.
struct SessionShowCommand {
  std::string session_id;
};
struct SessionKickCommand {
  std::string session_id;
};

struct StatusCommand {};

struct TopCommand {
  // From one look at the broker to the next.
  Duration interval = std::chrono::seconds(1);
  // Ends after that many looks.
  std::optional<uint64_t> count;
};

// Prints the script for bash.
struct CompletionCommand {};

struct WaitCommand {
  // Unset: until the node is ready.
  std::optional<TopicCount> subscribers;
};

using BenchCommand = bench::Load;

using Command = std::variant<PubCommand, SubCommand, TopicsCommand, TopicShowCommand,
                             SessionsCommand, SessionShowCommand, SessionKickCommand, StatusCommand,
                             WaitCommand, TopCommand, BenchCommand, CompletionCommand>;

struct Invocation {
  GlobalOptions global;
  Command command;
};

}  // namespace belfry::cli
