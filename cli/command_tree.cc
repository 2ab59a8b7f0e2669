// SPDX-License-Identifier: Apache-2.0
#include "cli/command_tree.h"

#include <CLI/CLI.hpp>

#include "cli/help_text.h"

namespace belfry::cli {
namespace {

// As many as a command line can hold.
constexpr int kFiltersMax = 1 << 20;
// More than anybody waits for; above it stands what a negative number would be taken for.
constexpr uint64_t kCountMax = 1'000'000'000'000;

void AddGlobalOptions(CLI::App& app, RawOptions& raw) {
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

CLI::App* Add(CLI::App& app, const char* name, const char* description, const char* footer) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer(std::string(footer) +
                  "\n\nOptions for every command (--server, --json, ...): belfry --help");
  return command;
}

CLI::App* AddGroup(CLI::App& app, const char* name, const char* description, const char* footer) {
  CLI::App* group = Add(app, name, description, footer);
  group->require_subcommand(1);
  return group;
}

void AddPub(CLI::App& app, RawOptions& raw) {
  CLI::App* pub = Add(app, "pub", "publish a message", kPubHelp);
  pub->add_option("TOPIC", raw.topic, "where to")->required();
  pub->add_option("PAYLOAD", raw.payload, "the message; - reads it from standard input");
  pub->add_flag("--lines", raw.lines, "publish each line of standard input");
  pub->add_option("--count", raw.pub_count, "publish it that many times")
      ->check(CLI::Range(uint64_t{1}, kCountMax))
      ->type_name("N");
  pub->add_option("--header", raw.headers, "add a header; may be repeated")
      ->type_name("K=V")
      ->allow_extra_args(false);
  pub->add_option("--key", raw.key, "key within the topic")->type_name("K");
  pub->add_option("--ack", raw.ack, "wait for: none, accepted (the default)")->type_name("LEVEL");
}

void AddSub(CLI::App& app, RawOptions& raw) {
  CLI::App* sub = Add(app, "sub", "print messages", kSubHelp);
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
      ->check(CLI::Range(uint64_t{1}, kCountMax))
      ->type_name("N");
  sub->add_option("--overflow", raw.overflow,
                  "when too slow: drop-oldest (the default), drop-newest, conflate, disconnect")
      ->type_name("POLICY");
}

void AddTopics(CLI::App& app, RawOptions& raw) {
  CLI::App* topics =
      Add(app, "topics", "topics that are subscribed to, or published to lately", kTopicsHelp);
  topics->add_option("FILTER", raw.topics_filter, "only those that match; a wildcard filter");
  CLI::App* topic = AddGroup(app, "topic", "one topic", kTopicHelp);
  CLI::App* show = Add(*topic, "show", "who subscribes, and what is published", kTopicShowHelp);
  show->add_option("TOPIC", raw.topic, "which")->required();
}

void AddSessions(CLI::App& app, RawOptions& raw) {
  CLI::App* sessions =
      Add(app, "sessions", "connected clients, their queues and losses", kSessionsHelp);
  sessions->add_flag("--slow", raw.slow_only, "only those that do not keep up");
  CLI::App* session = AddGroup(app, "session", "one session", kSessionHelp);
  CLI::App* show = Add(*session, "show", "all that is known of it", kSessionShowHelp);
  show->add_option("ID", raw.session_id, "as belfry sessions shows it")->required();
  CLI::App* kick = Add(*session, "kick", "end it", kSessionKickHelp);
  kick->add_option("ID", raw.session_id, "as belfry sessions shows it")->required();
}

void AddNodeCommands(CLI::App& app, RawOptions& raw) {
  Add(app, "status", "how the node is", kStatusHelp);
  CLI::App* wait = Add(app, "wait", "wait until the node is ready", kWaitHelp);
  wait->add_option("--subscribers", raw.wait_subscribers, "until a topic has N subscribers")
      ->type_name("TOPIC=N");
  CLI::App* top = Add(app, "top", "watch rates, hottest topics and slowest sessions", kTopHelp);
  top->add_option("--interval", raw.interval, "how often to look (1s)")->type_name("DUR");
  top->add_option("--count", raw.top_count, "end after that many looks")
      ->check(CLI::Range(uint64_t{1}, kCountMax))
      ->type_name("N");
}

void AddBenchOptions(CLI::App* bench, RawOptions& raw, const char* subscribers) {
  bench->add_option("--publishers", raw.publishers, "publishing clients (1)")
      ->check(CLI::Range(1, 1000))
      ->type_name("N");
  bench->add_option("--subscribers", raw.subscribers, subscribers)
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

void AddBench(CLI::App& app, RawOptions& raw) {
  CLI::App* bench = AddGroup(app, "bench", "load a running broker", kBenchHelp);
  AddBenchOptions(Add(*bench, "fanout", "deliveries a second and their delay", kFanoutHelp), raw,
                  "subscribing clients (10)");
  AddBenchOptions(Add(*bench, "latency", "the delay of single messages", kLatencyHelp), raw,
                  "subscribing clients (1)");
}

void AddCompletion(CLI::App& app, RawOptions& raw) {
  CLI::App* completion =
      Add(app, "completion", "print a script that completes commands", kCompletionHelp);
  completion->add_option("SHELL", raw.shell, "bash")->required();
}

// The innermost command that was given.
const CLI::App* Innermost(const CLI::App* at) {
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return at;
}

bool IsGiven(const CLI::App* command, const char* option) {
  const CLI::Option* found = command->get_option_no_throw(option);
  return found != nullptr && found->count() > 0;
}

}  // namespace

CommandTree::CommandTree()
    : app_(std::make_unique<CLI::App>("Talks to a Belfry broker", "belfry")) {
  app_->require_subcommand(1);
  app_->fallthrough();  // global options may stand after the command, too
  app_->set_version_flag("--version", "belfry " BELFRY_VERSION, "print the version");
  app_->footer(kExamples);
  AddGlobalOptions(*app_, raw_);
  AddPub(*app_, raw_);
  AddSub(*app_, raw_);
  AddTopics(*app_, raw_);
  AddSessions(*app_, raw_);
  AddNodeCommands(*app_, raw_);
  AddBench(*app_, raw_);
  AddCompletion(*app_, raw_);
}

CommandTree::~CommandTree() = default;

std::string CommandTree::Given() const {
  std::string path;
  const CLI::App* at = app_.get();
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += (path.empty() ? "" : " ") + at->get_name();
  }
  return path;
}

bool CommandTree::GivenIsGroup() const {
  return !Innermost(app_.get())->get_subcommands([](const CLI::App*) { return true; }).empty();
}

const RawOptions& CommandTree::raw() {
  const CLI::App* command = Innermost(app_.get());
  raw_.has_payload = IsGiven(command, "PAYLOAD");
  raw_.has_topics_filter = IsGiven(command, "FILTER");
  return raw_;
}

}  // namespace belfry::cli
