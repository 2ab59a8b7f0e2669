// SPDX-License-Identifier: Apache-2.0
#include "cli/command_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/load/plan.h"
#include "cli/text.h"
#include "common/check.h"
#include "common/topic/topic.h"

namespace belfry::cli {
namespace {

// More often would load the broker for nobody's eyes.
constexpr Duration kIntervalMin = std::chrono::milliseconds(100);

StatusOr<Command> CheckPub(const RawOptions& raw) {
  PubCommand pub;
  if (Status topic = ValidateTopic(raw.topic, kTopicBytesMax); !topic.ok()) return topic;
  pub.topic = raw.topic;
  if (raw.lines && raw.has_payload) {
    return InvalidArgument("--lines takes the messages from standard input; leave out PAYLOAD");
  }
  if (raw.lines && raw.pub_count > 1) {
    return InvalidArgument("--lines and --count exclude each other; leave out one");
  }
  if (!raw.lines && !raw.has_payload) {
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

constexpr std::pair<std::string_view, OverflowPolicy> kOverflowPolicies[] = {
    {"drop-oldest", OverflowPolicy::kDropOldest},
    {"drop-newest", OverflowPolicy::kDropNewest},
    {"conflate", OverflowPolicy::kConflate},
    {"disconnect", OverflowPolicy::kDisconnect}};

StatusOr<OverflowPolicy> ParseOverflow(std::string_view text) {
  for (const auto& [name, policy] : kOverflowPolicies) {
    if (text == name) return policy;
  }
  return InvalidArgument(fmt::format(
      "--overflow '{}' is not known; use drop-oldest, drop-newest, conflate or disconnect",
      TerminalText(text)));
}

StatusOr<Command> CheckSub(const RawOptions& raw) {
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
  const auto overflow = ParseOverflow(raw.overflow);
  if (!overflow.ok()) return overflow.status();
  sub.overflow = *overflow;
  return sub;
}

// Such a topic may exist, but whoever writes it means a filter, and would be answered about a topic
// that nobody uses.
bool LooksLikeFilter(std::string_view topic) {
  while (true) {
    const size_t dot = topic.find('.');
    const std::string_view segment = topic.substr(0, dot);
    if (segment == "*" || segment == ">") return true;
    if (dot == std::string_view::npos) return false;
    topic.remove_prefix(dot + 1);
  }
}

Status CheckOneTopic(const std::string& topic, std::string_view instead) {
  if (LooksLikeFilter(topic)) {
    return InvalidArgument(fmt::format("'{}' is a filter, and this is about one topic; {}",
                                       TerminalText(topic), instead));
  }
  return ValidateTopic(topic, kTopicBytesMax);
}

StatusOr<Command> CheckTopics(const RawOptions& raw) {
  if (!raw.has_topics_filter) return TopicsCommand();
  const Filter filter(FilterKind::kWildcard, raw.topics_filter);
  if (Status valid = ValidateFilter(filter, kTopicBytesMax); !valid.ok()) return valid;
  return TopicsCommand{raw.topics_filter};
}

StatusOr<Command> CheckTopicShow(const RawOptions& raw) {
  const Status topic = CheckOneTopic(raw.topic, "list what matches it: belfry topics FILTER");
  if (!topic.ok()) return topic;
  return TopicShowCommand{raw.topic};
}

Status CheckSessionId(const std::string& id) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (id.size() == 16 && std::all_of(id.begin(), id.end(), is_digit)) return Status();
  return InvalidArgument(
      fmt::format("'{}' is not a session id; copy one from: belfry sessions", TerminalText(id)));
}

StatusOr<Command> CheckWait(const RawOptions& raw) {
  WaitCommand wait;
  if (raw.wait_subscribers.empty()) return wait;
  auto subscribers = ParseTopicCount(raw.wait_subscribers);
  if (!subscribers.ok()) return subscribers.status();
  const Status topic = CheckOneTopic(
      subscribers->topic, "name a topic that it matches: every subscription counts that matches");
  if (!topic.ok()) return topic;
  wait.subscribers = *std::move(subscribers);
  return wait;
}

StatusOr<Command> CheckTop(const RawOptions& raw) {
  TopCommand top;
  const auto interval = ParseDuration(raw.interval);
  if (!interval.ok()) return interval.status();
  if (*interval < kIntervalMin) {
    return InvalidArgument("--interval must be at least 100ms; choose a longer one");
  }
  top.interval = *interval;
  if (raw.top_count > 0) top.count = raw.top_count;
  return top;
}

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

StatusOr<Command> CheckBench(const RawOptions& raw, BenchCommand::Kind kind) {
  BenchCommand bench;
  bench.kind = kind;
  bench.publishers = raw.publishers;
  bench.topics = raw.topics;
  bench.subscribers = raw.subscribers;
  if (bench.subscribers == 0) bench.subscribers = kind == BenchCommand::Kind::kFanout ? 10 : 1;
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

StatusOr<Command> CheckCompletion(const RawOptions& raw) {
  if (raw.shell == "bash") return CompletionCommand();
  return InvalidArgument(
      fmt::format("there is no completion for '{}'; use bash", TerminalText(raw.shell)));
}

}  // namespace

StatusOr<GlobalOptions> CheckGlobal(const RawOptions& raw) {
  GlobalOptions global;
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
  return global;
}

StatusOr<Command> CheckCommand(std::string_view path, const RawOptions& raw) {
  if (path == "pub") return CheckPub(raw);
  if (path == "sub") return CheckSub(raw);
  if (path == "topics") return CheckTopics(raw);
  if (path == "topic show") return CheckTopicShow(raw);
  if (path == "sessions") return SessionsCommand{raw.slow_only};
  if (path == "session show" || path == "session kick") {
    if (Status id = CheckSessionId(raw.session_id); !id.ok()) return id;
    if (path == "session kick") return SessionKickCommand{raw.session_id};
    return SessionShowCommand{raw.session_id};
  }
  if (path == "status") return StatusCommand();
  if (path == "wait") return CheckWait(raw);
  if (path == "top") return CheckTop(raw);
  if (path == "bench fanout") return CheckBench(raw, BenchCommand::Kind::kFanout);
  if (path == "bench latency") return CheckBench(raw, BenchCommand::Kind::kLatency);
  BELFRY_CHECK(path == "completion");
  return CheckCompletion(raw);
}

}  // namespace belfry::cli
