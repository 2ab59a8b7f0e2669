// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <nats/nats.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "bench/load/belfry_system.h"
#include "bench/load/plan.h"
#include "bench/load/result.h"
#include "bench/load/run.h"
#include "bench/nats_system.h"
#include "bench/process_cpu.h"
#include "bench/redis_system.h"
#include "common/version.h"

namespace belfry::bench {
namespace {

constexpr Duration kPatience = std::chrono::seconds(30);

struct Invocation {
  std::string system;
  std::string server;
  pid_t server_pid = 0;
  bool versions = false;
  Load load;
};

int Fail(std::string_view text) {
  std::fprintf(stderr, "belfry: %.*s\n", static_cast<int>(text.size()), text.data());
  return 1;
}

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

std::optional<Address> ParseAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  char* end = nullptr;
  const long port = std::strtol(text.c_str() + colon + 1, &end, 10);
  if (*end != '\0' || port < 1 || port > 65535) return std::nullopt;
  return Address{text.substr(0, colon), static_cast<uint16_t>(port)};
}

// An exit code if there is nothing to run.
std::optional<int> Parse(int argc, char** argv, Invocation& invocation) {
  CLI::App app("The load of `belfry bench fanout` on Belfry, Redis or NATS; one line of JSON",
               "belfry_peer_bench");
  double seconds = 5;
  double warmup = 1;
  uint64_t rate = 0;
  Load& load = invocation.load;
  app.add_flag("--versions", invocation.versions, "print the versions of the client libraries");
  app.add_option("SYSTEM", invocation.system, "belfry, redis or nats")
      ->check(CLI::IsMember({"belfry", "redis", "nats"}));
  app.add_option("--server", invocation.server, "its address")->type_name("HOST:PORT");
  app.add_option("--server-pid", invocation.server_pid, "its process, whose CPU time is read")
      ->type_name("PID");
  app.add_option("--publishers", load.publishers, "publishing connections (1)")
      ->check(CLI::Range(1, 1000));
  app.add_option("--subscribers", load.subscribers, "subscribing connections (1)")
      ->check(CLI::Range(1, 10000));
  app.add_option("--topics", load.topics, "topics (1)")->check(CLI::Range(1, 1000000));
  app.add_option("--size", load.payload_bytes, "bytes of a payload (128)")
      ->check(CLI::Range(kPayloadBytesMin, kPayloadBytesMax));
  CLI::Option* const with_rate =
      app.add_option("--rate", rate, "messages a second in total; without it as fast as it goes")
          ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40));
  app.add_option("--seconds", seconds, "how long to measure (5)")->check(CLI::Range(0.1, 86400.0));
  app.add_option("--warmup", warmup, "how long to publish before that (1)")
      ->check(CLI::Range(0.0, 3600.0));
  app.footer(
      "Example:\n  belfry_peer_bench redis --server 127.0.0.1:6379 --subscribers 10 --seconds 2");
  try {  // CLI11 says everything by exceptions
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    Fail(fmt::format("{}; see belfry_peer_bench --help", error.what()));
    return 2;
  }
  if (!invocation.versions && (invocation.system.empty() || !ParseAddress(invocation.server))) {
    Fail("SYSTEM and --server HOST:PORT are needed; see belfry_peer_bench --help");
    return 2;
  }
  load.measured = FromSeconds(seconds);
  load.warmup = FromSeconds(warmup);
  if (with_rate->count() > 0) load.rate = rate;
  return std::nullopt;
}

std::unique_ptr<System> MakeSystem(const Invocation& invocation) {
  const auto cpu_seconds = [pid = invocation.server_pid]() -> std::optional<double> {
    if (pid == 0) return std::nullopt;
    return ProcessCpuSeconds(pid);
  };
  if (invocation.system == "redis") {
    return std::make_unique<RedisSystem>(*ParseAddress(invocation.server), cpu_seconds);
  }
  if (invocation.system == "nats") {
    return std::make_unique<NatsSystem>(invocation.server, cpu_seconds);
  }
  BelfryDoor door;
  door.options = [&invocation](size_t) {
    ClientOptions options;
    options.endpoints = {invocation.server};
    return options;
  };
  door.explain_options = [](const Error& error) {
    return error.text + "; see belfry_peer_bench --help";
  };
  door.explain_absence = [&invocation](size_t) {
    return fmt::format("cannot reach Belfry at {}; start belfryd there", invocation.server);
  };
  door.cpu_seconds = cpu_seconds;
  return std::make_unique<BelfrySystem>(std::move(door));
}

int Main(int argc, char** argv) {
  Invocation invocation;
  if (const auto code = Parse(argc, argv, invocation)) return *code;
  if (invocation.versions) {
    std::printf("{\"belfry\":\"%s\",\"hiredis\":\"%d.%d.%d\",\"cnats\":\"%s\"}\n", kVersionText,
                HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH, nats_GetVersion());
    return 0;
  }
  const Plan plan(invocation.load, std::random_device()());
  const std::unique_ptr<System> system = MakeSystem(invocation);
  const auto result = RunLoad(plan, *system, kPatience);
  if (!result.ok()) return Fail(MessageOf(result.status()));
  std::puts(ResultJson(*result).c_str());
  return std::fflush(stdout) == 0 ? 0 : Fail("cannot write to standard output; is the disk full?");
}

}  // namespace
}  // namespace belfry::bench

int main(int argc, char** argv) {
  // gRPC would log failed connections to stderr in its own words; ours say what to do.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  return belfry::bench::Main(argc, argv);
}
