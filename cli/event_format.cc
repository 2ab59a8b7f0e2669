// SPDX-License-Identifier: Apache-2.0
#include "cli/event_format.h"

#include <fmt/format.h>

#include <ctime>

#include "cli/amount_text.h"
#include "cli/json_writer.h"
#include "cli/text.h"
#include "common/error_code.h"

namespace belfry::cli {
namespace {

std::string_view OutcomeName(PublishOutcome::Kind kind) {
  switch (kind) {
    case PublishOutcome::Kind::kOk:
      return "ok";
    case PublishOutcome::Kind::kFailed:
      return "failed";
    case PublishOutcome::Kind::kUnknown:
      return "unknown";
  }
  return "unknown";
}

// An epoch is an id: a string in JSON, so that no reader rounds it.
void AddPosition(JsonObject& json, const std::optional<Position>& position) {
  if (position) {
    json.Text("epoch", fmt::format("{}", position->epoch)).Number("offset", position->offset);
  } else {
    json.Null("epoch").Null("offset");
  }
}

// {"name":"value"} of those headers that are UTF-8, or (in base64) of those that are not.
std::string HeadersJson(const MessageFields& message, bool utf8) {
  std::vector<std::pair<std::string_view, std::vector<std::string>>> grouped;
  for (const auto& [name, value] : message.headers) {
    if (IsUtf8(value) != utf8) continue;
    auto group = grouped.begin();
    while (group != grouped.end() && group->first != name) ++group;
    if (group == grouped.end()) group = grouped.insert(group, {name, {}});
    group->second.push_back(JsonString(utf8 ? std::string(value) : Base64(value)));
  }
  JsonObject json;
  for (const auto& [name, values] : grouped) {
    json.Raw(name,
             values.size() == 1 ? values.front() : fmt::format("[{}]", fmt::join(values, ",")));
  }
  return json.Line();
}

bool HasBinaryHeader(const MessageFields& message) {
  for (const auto& [name, value] : message.headers) {
    if (!IsUtf8(value)) return true;
  }
  return false;
}

std::string GapJsonLine(const Gap& gap, const TopicGap* topic) {
  JsonObject json;
  json.Text("type", "gap");
  if (topic == nullptr) {
    json.Null("topic").Null("from").Null("to").OptionalNumber("count", gap.count);
  } else {
    json.Text("topic", topic->topic);
    if (topic->to_offset > topic->from_offset) {
      json.Number("from", topic->from_offset).Number("to", topic->to_offset);
    } else {
      json.Null("from").Null("to");
    }
    json.Number("count", topic->count);
  }
  return json.Text("cause", CauseName(gap.cause)).Line();
}

// "lane_half_full", as enums stand in JSON.
std::string CodeName(const Error& error) {
  std::string name(ErrorCodeName(static_cast<ErrorCode>(error.code)));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

// With what to do, where that is not for the broker's operator.
std::string CauseText(GapCause cause) {
  if (cause != GapCause::kLocalOverflow) return std::string(CauseName(cause));
  return "local_overflow: what shows these lines is too slow; write them to a file, or subscribe "
         "to "
         "less";
}

}  // namespace

std::string_view CauseName(GapCause cause) {
  switch (cause) {
    case GapCause::kOverflow:
      return "overflow";
    case GapCause::kReconnect:
      return "reconnect";
    case GapCause::kPeerLink:
      return "peer_link";
    case GapCause::kRetention:
      return "retention";
    case GapCause::kMemory:
      return "memory";
    case GapCause::kTopicReset:
      return "topic_reset";
    case GapCause::kLocalOverflow:
      return "local_overflow";
  }
  return "unknown";
}

std::string Rfc3339(int64_t unix_us) {
  int64_t seconds = unix_us / 1'000'000;
  int64_t micros = unix_us % 1'000'000;
  if (micros < 0) {
    micros += 1'000'000;
    --seconds;
  }
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm parts = {};
  if (gmtime_r(&time, &parts) == nullptr) return "";
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     micros);
}

std::string MessageText(const MessageFields& message, const Style& style) {
  std::string topic = TerminalText(message.topic);
  // Lines that begin with # are about the messages; no publisher shall make one.
  if (topic.starts_with('#')) topic.replace(0, 1, "\\x23");
  std::string line = style.Cyan(topic);
  line += ' ';
  line += TerminalText(message.payload);
  if (!message.key.empty()) line += fmt::format("  key={}", TerminalText(message.key));
  for (const auto& [name, value] : message.headers) {
    line += fmt::format("  {}={}", TerminalText(name), TerminalText(value));
  }
  if (!message.publisher.empty()) {
    line += fmt::format("  publisher={}", TerminalText(message.publisher));
  }
  return line;
}

std::string MessageJson(const MessageFields& message) {
  JsonObject json;
  json.Text("type", "message").Text("topic", message.topic);
  if (IsUtf8(message.payload)) {
    json.Text("payload", message.payload);
  } else {
    json.Text("payload_base64", Base64(message.payload));
  }
  json.Raw("headers", HeadersJson(message, true));
  if (HasBinaryHeader(message)) json.Raw("headers_base64", HeadersJson(message, false));
  if (message.key.empty()) {
    json.Null("key");
  } else if (IsUtf8(message.key)) {
    json.Text("key", message.key);
  } else {
    json.Text("key_base64", Base64(message.key));
  }
  AddPosition(json, message.position);
  if (!message.publisher.empty()) json.Text("publisher", message.publisher);
  return json.Text("time", Rfc3339(message.time_unix_us)).Line();
}

std::vector<std::string> GapText(const Gap& gap, const Style& style) {
  std::vector<std::string> lines;
  for (const TopicGap& topic : gap.topics) {
    lines.push_back(fmt::format("# gap: {} of {} lost here ({})", Plural(topic.count, "message"),
                                TerminalText(topic.topic), CauseText(gap.cause)));
  }
  if (lines.empty()) {
    lines.push_back(
        gap.count ? fmt::format("# gap: {} lost here ({})", Plural(*gap.count, "message"),
                                CauseText(gap.cause))
                  : fmt::format("# gap: messages may be lost here ({})", CauseText(gap.cause)));
  }
  for (std::string& line : lines) line = style.Yellow(line);
  return lines;
}

std::vector<std::string> GapJson(const Gap& gap) {
  std::vector<std::string> lines;
  for (const TopicGap& topic : gap.topics) lines.push_back(GapJsonLine(gap, &topic));
  if (lines.empty()) lines.push_back(GapJsonLine(gap, nullptr));
  return lines;
}

std::string SubscribedText(std::string_view filter) {
  return fmt::format("# subscribed to {}", TerminalText(filter));
}

std::string SubscribedJson(std::string_view filter) {
  return JsonObject()
      .Text("type", "subscribed")
      .Text("filter", filter)
      .Text("verdict", "new")
      .Null("epoch")
      .Null("head")
      .Null("floor")
      .Line();
}

std::string StateText(const StateChange& change) {
  if (change.state == State::kConnected) {
    return fmt::format("# connected to node {} at {}", TerminalText(change.node_id),
                       TerminalText(change.endpoint));
  }
  if (change.state == State::kReconnecting) {
    return fmt::format("# reconnecting: {}", TerminalText(change.reason.text));
  }
  return "";
}

std::string StateJson(const StateChange& change) {
  JsonObject json;
  json.Text("type", "state").Text("state", ToString(change.state));
  if (change.state == State::kConnected) {
    json.Text("node", change.node_id)
        .Text("endpoint", change.endpoint)
        .Bool("resumed", change.resumed);
  } else if (change.state == State::kReconnecting) {
    json.Text("reason", change.reason.text);
  } else {
    return "";
  }
  return json.Line();
}

std::string NoticeText(const Error& notice) {
  return fmt::format("# notice: {} ({})", TerminalText(notice.text), CodeName(notice));
}

std::string NoticeJson(const Error& notice) {
  return JsonObject()
      .Text("type", "notice")
      .Text("code", CodeName(notice))
      .Text("text", notice.text)
      .Line();
}

std::optional<std::string> AchievedName(AckLevel level) {
  switch (level) {
    case AckLevel::kNone:
      return std::nullopt;
    case AckLevel::kAccepted:
      return "accepted";
    case AckLevel::kStored:
      return "stored";
    case AckLevel::kReplicated:
      return "replicated";
  }
  return std::nullopt;
}

std::string OutcomeText(const PublishOutcome& outcome) {
  if (!outcome.ok()) return std::string(OutcomeName(outcome.kind));
  const auto achieved = AchievedName(outcome.achieved);
  if (!achieved) return "ok: sent";
  std::string text =
      fmt::format("ok: {}, {} on {}", *achieved, Plural(outcome.subscribers, "subscriber"),
                  Plural(outcome.nodes, "node"));
  if (outcome.position) {
    text +=
        fmt::format(", offset {} of epoch {}", outcome.position->offset, outcome.position->epoch);
  }
  return text;
}

std::string OutcomeJson(const PublishOutcome& outcome, std::optional<uint64_t> line) {
  const auto achieved = outcome.ok() ? AchievedName(outcome.achieved) : std::nullopt;
  JsonObject json;
  json.Text("outcome", OutcomeName(outcome.kind)).OptionalText("achieved", achieved);
  AddPosition(json, outcome.position);
  if (achieved) {
    json.Number("subscribers", outcome.subscribers).Number("nodes", outcome.nodes);
  } else {
    json.Null("subscribers").Null("nodes");
  }
  if (outcome.ok()) {
    json.Null("error");
  } else {
    json.Text("error", outcome.error.text);
  }
  if (line) json.Number("line", *line);
  return json.Line();
}

std::string OutcomeProblem(const PublishOutcome& outcome) {
  const std::string why = TerminalText(outcome.error.text);
  switch (outcome.kind) {
    case PublishOutcome::Kind::kOk:
      return "";
    case PublishOutcome::Kind::kFailed:
      // The texts of some codes already say what to do.
      if (why.find("; ") != std::string::npos) return fmt::format("not published: {}", why);
      return fmt::format("not published: {}; {}", why,
                         outcome.error.retryable
                             ? "is the broker running at --server? then publish it again"
                             : "correct the message");
    case PublishOutcome::Kind::kUnknown:
      return fmt::format("it is not known whether this was published: {}; {}", why,
                         "publish it again if a second copy does no harm");
  }
  return "";
}

}  // namespace belfry::cli
