// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <utility>

#include "bench/load/plan.h"
#include "cli/help_text.h"
#include "cli/text.h"
#include "common/topic/topic.h"

namespace belfry::cli {
namespace {

// What the options write into before it is checked.
struct Raw {
  std::string server = "127.0.0.1:7450";
  std::string tls_ca, tls_cert, tls_key;
  std::string timeout;
  bool json = false;

  std::string topic, payload, key, ack = "accepted";
  bool lines = false;
  uint64_t pub_count = 1;
  std::vector<std::string> headers;

  std::vector<std::string> filters;
  bool literal = false, glob = false;
  uint64_t sub_count = 0;

  std::string wait_subscribers;

  uint32_t publishers = 1, subscribers = 1, topics = 1;
  std::string size = "128", rate = "max";
  double seconds = 5, warmup = 1;
};

// The commands, to ask which of them was given.
struct Commands {
  CLI::App* pub = nullptr;
  CLI::App* sub = nullptr;
  CLI::App* status = nullptr;
  CLI::App* wait = nullptr;
  CLI::App* bench = nullptr;
  CLI::App* fanout = nullptr;
  CLI::App* latency = nullptr;
};

void AddGlobalOptions(CLI::App& app, Raw& raw) {
  app.add_option("--server", raw.server, "HOST:PORT[,HOST:PORT] of the cluster (127.0.0.1:7450)")
      ->envname("BELFRY_SERVER")
      ->type_name("ADDRESS");
  // An empty name, as of a variable that is not set, must not switch TLS off.
  const CLI::Validator named(
      [](const std::string& path) { return path.empty() ? "no file named" : ""; }, "");
  app.add_option("--tls-ca", raw.tls_ca, "certificates to trust; switches TLS on")
      ->check(named)
      ->type_name("FILE");
  app.add_option("--tls-cert", raw.tls_cert, "certificate that proves who we are")
      ->check(named)
      ->type_name("FILE");
  app.add_option("--tls-key", raw.tls_key, "its private key")->check(named)->type_name("FILE");
  app.add_option("--timeout", raw.timeout, "how long to wait for an answer (10s)")
      ->type_name("DUR");
  app.add_flag("--json", raw.json, "one JSON object a line");
}

void AddPub(CLI::App& app, Raw& raw, Commands& commands) {
  CLI::App* pub = commands.pub = app.add_subcommand("pub", "publish a message");
  pub->add_option("TOPIC", raw.topic, "where to")->required();
  pub->add_option("PAYLOAD", raw.payload, "the message; - reads it from standard input");
  pub->add_flag("--lines", raw.lines, "publish each line of standard input");
  pub->add_option("--count", raw.pub_count, "publish it that many times")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000'000}))
      ->type_name("N");
  pub->add_option("--header", raw.headers, "add a header; may be repeated")
      ->type_name("K=V")
      ->allow_extra_args(false);
  pub->add_option("--key", raw.key, "key within the topic")->type_name("K");
  pub->add_option("--ack", raw.ack, "wait for: none, accepted")->type_name("LEVEL");
  pub->footer(kPubExamples);
}

// As many as a command line can hold.
constexpr int kFiltersMax = 1 << 20;

void AddSub(CLI::App& app, Raw& raw, Commands& commands) {
  CLI::App* sub = commands.sub = app.add_subcommand("sub", "print messages");
  // Without "extra args" CLI11 leaves a filter such as "[a,b]" whole; with them it is a list to
  // split. It then takes more filters only while there are fewer than it expects; "take all" makes
  // fewer no mistake.
  sub->add_option("FILTER", raw.filters, "wildcard: * is one segment, a last > one or more")
      ->required()
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(kFiltersMax, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(false)
      ->option_text("TEXT ... REQUIRED");
  CLI::Option* literal = sub->add_flag("--literal", raw.literal, "FILTER is a topic, as it stands");
  sub->add_flag("--glob", raw.glob, "FILTER is a pattern with * ? [a-c]")->excludes(literal);
  sub->add_option("--count", raw.sub_count, "end after that many messages")
      ->check(CLI::Range(uint64_t{1}, UINT64_MAX))
      ->type_name("N");
  sub->footer(kSubExamples);
}

void AddBenchOptions(CLI::App* bench, Raw& raw) {
  bench->add_option("--publishers", raw.publishers, "publishing clients (1)")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  bench->add_option("--subscribers", raw.subscribers, "subscribing clients")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  bench->add_option("--topics", raw.topics, "topics (1)")
      ->check(CLI::Range(1, 1000000))
      ->type_name("N");
  bench->add_option("--size", raw.size, "bytes of a payload (128)")->type_name("BYTES");
  bench->add_option("--rate", raw.rate, "messages a second in total, or max")->type_name("N|max");
  bench->add_option("--seconds", raw.seconds, "how long to measure (5)")
      ->check(CLI::Range(0.1, 86400.0))
      ->type_name("S");
  bench->add_option("--warmup", raw.warmup, "how long to publish before that (1)")
      ->check(CLI::Range(0.0, 3600.0))
      ->type_name("S");
}

void AddBench(CLI::App& app, Raw& raw, Commands& commands) {
  CLI::App* bench = commands.bench = app.add_subcommand("bench", "load a running broker");
  bench->require_subcommand(1);
  commands.fanout = bench->add_subcommand("fanout", "deliveries a second and their delay");
  AddBenchOptions(commands.fanout, raw);
  commands.fanout->footer(kFanoutExamples);
  commands.latency = bench->add_subcommand("latency", "the delay of single messages");
  AddBenchOptions(commands.latency, raw);
  commands.latency->footer(kLatencyExamples);
  bench->footer("Example:\n  belfry bench fanout --subscribers 10");
}

Commands AddCommands(CLI::App& app, Raw& raw) {
  Commands commands;
  app.require_subcommand(1);
  app.fallthrough();  // global options may stand after the command, too
  app.set_version_flag("--version", "belfry " BELFRY_VERSION, "print the version");
  app.footer(kExamples);
  AddGlobalOptions(app, raw);
  AddPub(app, raw, commands);
  AddSub(app, raw, commands);
  commands.status = app.add_subcommand("status", "how the node is");
  commands.status->footer(kStatusExamples);
  commands.wait = app.add_subcommand("wait", "wait until the node is ready");
  commands.wait
      ->add_option("--subscribers", raw.wait_subscribers, "until a topic has N subscribers")
      ->type_name("TOPIC=N");
  commands.wait->footer(kWaitExamples);
  AddBench(app, raw, commands);
  for (CLI::App* command : {commands.pub, commands.sub, commands.status, commands.wait,
                            commands.bench, commands.fanout, commands.latency}) {
    command->footer(command->get_footer() +
                    "\n\nOptions for every command (--server, --json, ...): belfry --help");
  }
  return commands;
}

// "belfry pub": whose --help to look at.
std::string NameOf(const CLI::App& app) {
  std::string name = "belfry";
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    name += " " + at->get_name();
  }
  return name;
}

Exit Wrong(const CLI::App& app, std::string_view what) {
  return {2, "", fmt::format("belfry: {}; see {} --help", what, NameOf(app))};
}

// A text that already says what to do.
Exit Wrong(const Status& status) { return {2, "", "belfry: " + MessageOf(status)}; }

Exit FromParseError(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> left = app.remaining(true);
  if (!left.empty()) {
    // An option of a later release is most often met with a value, which need not be named.
    const bool is_command = NameOf(app) == "belfry" && left.front().substr(0, 1) != "-";
    return Wrong(app, fmt::format("unknown {} '{}'", is_command ? "command" : "argument",
                                  TerminalText(left.front())));
  }
  std::string what = TerminalText(error.what());
  if (what.find("subcommand is required") != std::string::npos) what = "no command given";
  if (what.size() > 1 && std::islower(static_cast<unsigned char>(what[1]))) {
    what[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(what[0])));
  }
  return Wrong(app, what);
}

Status FillGlobal(const Raw& raw, GlobalOptions& global) {
  auto servers = ParseServers(raw.server);
  if (!servers.ok()) return servers.status();
  global.servers = *std::move(servers);
  if (!raw.timeout.empty()) {
    const auto timeout = ParseDuration(raw.timeout);
    if (!timeout.ok()) return timeout.status();
    global.timeout = *timeout;
  }
  if (raw.tls_cert.empty() != raw.tls_key.empty()) {
    return InvalidArgument("--tls-cert and --tls-key belong together; give both or neither");
  }
  if (raw.tls_ca.empty() && !raw.tls_cert.empty()) {
    return InvalidArgument("--tls-cert needs --tls-ca, the certificates to trust; give it too");
  }
  global.tls_ca = raw.tls_ca;
  global.tls_cert = raw.tls_cert;
  global.tls_key = raw.tls_key;
  global.json = raw.json;
  return Status();
}

StatusOr<Command> MakePub(const Raw& raw, bool has_payload) {
  PubCommand pub;
  if (Status topic = ValidateTopic(raw.topic, kTopicBytesMax); !topic.ok()) return topic;
  pub.topic = raw.topic;
  if (raw.lines && has_payload) {
    return InvalidArgument("--lines takes the messages from standard input; leave out PAYLOAD");
  }
  if (raw.lines && raw.pub_count > 1) {
    return InvalidArgument("--lines and --count exclude each other; leave out one");
  }
  if (!raw.lines && !has_payload) {
    return InvalidArgument(
        "no payload given; write it after the topic, or - or --lines for standard input");
  }
  using Source = PubCommand::Source;
  pub.source = raw.lines ? Source::kLines : raw.payload == "-" ? Source::kStdin : Source::kArgument;
  pub.payload = raw.payload;
  pub.count = raw.pub_count;
  pub.key = raw.key;
  for (const std::string& header : raw.headers) {
    auto pair = ParsePair(header);
    if (!pair.ok()) return pair.status();
    pub.headers.emplace_back(std::move(pair->name), std::move(pair->value));
  }
  if (raw.ack != "accepted" && raw.ack != "none") {
    return InvalidArgument(fmt::format(
        "--ack '{}' is not known in this release; use none or accepted", TerminalText(raw.ack)));
  }
  pub.ack_accepted = raw.ack == "accepted";
  return pub;
}

StatusOr<Command> MakeSub(const Raw& raw) {
  SubCommand sub;
  const FilterKind kind = raw.literal ? FilterKind::kLiteral
                          : raw.glob  ? FilterKind::kGlob
                                      : FilterKind::kWildcard;
  for (const std::string& text : raw.filters) {
    sub.filters.emplace_back(kind, text);
    if (Status valid = ValidateFilter(sub.filters.back(), kTopicBytesMax); !valid.ok())
      return valid;
  }
  if (raw.sub_count > 0) sub.count = raw.sub_count;
  return sub;
}

StatusOr<Command> MakeWait(const Raw& raw) {
  WaitCommand wait;
  if (raw.wait_subscribers.empty()) return wait;
  auto subscribers = ParseTopicCount(raw.wait_subscribers);
  if (!subscribers.ok()) return subscribers.status();
  if (Status topic = ValidateTopic(subscribers->topic, kTopicBytesMax); !topic.ok()) return topic;
  wait.subscribers = *std::move(subscribers);
  return wait;
}

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

StatusOr<Command> MakeBench(const Raw& raw, BenchCommand::Kind kind, bool has_subscribers) {
  BenchCommand bench;
  bench.kind = kind;
  bench.publishers = raw.publishers;
  bench.topics = raw.topics;
  bench.subscribers = raw.subscribers;
  if (!has_subscribers && kind == BenchCommand::Kind::kFanout) bench.subscribers = 10;
  auto size = ParseSize(raw.size);
  if (!size.ok()) return size.status();
  if (*size < bench::kPayloadBytesMin || *size > bench::kPayloadBytesMax) {
    return InvalidArgument(
        fmt::format("--size must be {} bytes to 64MiB; choose another", bench::kPayloadBytesMin));
  }
  bench.payload_bytes = *size;
  auto rate = ParseRate(raw.rate);
  if (!rate.ok()) return rate.status();
  bench.rate = *rate;
  bench.measured = FromSeconds(raw.seconds);
  bench.warmup = FromSeconds(raw.warmup);
  return bench;
}

StatusOr<Command> MakeCommand(const Commands& commands, const Raw& raw) {
  if (commands.pub->parsed()) return MakePub(raw, commands.pub->count("PAYLOAD") > 0);
  if (commands.sub->parsed()) return MakeSub(raw);
  if (commands.wait->parsed()) return MakeWait(raw);
  if (commands.status->parsed()) return Command(StatusCommand());
  const bool fanout = commands.fanout->parsed();
  const CLI::App* bench = fanout ? commands.fanout : commands.latency;
  return MakeBench(raw, fanout ? BenchCommand::Kind::kFanout : BenchCommand::Kind::kLatency,
                   bench->count("--subscribers") > 0);
}

}  // namespace

std::variant<Invocation, Exit> ParseCommandLine(int argc, const char* const* argv) {
  CLI::App app("Talks to a Belfry broker", "belfry");
  Raw raw;
  const Commands commands = AddCommands(app, raw);
  try {  // CLI11 says everything by exceptions
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Exit{0, app.help(), ""};
  } catch (const CLI::CallForVersion& version) {
    return Exit{0, std::string(version.what()) + "\n", ""};
  } catch (const CLI::ParseError& error) {
    return FromParseError(app, error);
  }
  Invocation invocation;
  if (Status global = FillGlobal(raw, invocation.global); !global.ok()) return Wrong(global);
  auto command = MakeCommand(commands, raw);
  if (!command.ok()) return Wrong(command.status());
  invocation.command = *std::move(command);
  return invocation;
}

}  // namespace belfry::cli
