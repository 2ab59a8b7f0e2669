// SPDX-License-Identifier: Apache-2.0
#include "cli/topic_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/amount_text.h"
#include "cli/event_format.h"
#include "cli/json_writer.h"
#include "cli/text.h"

namespace belfry::cli {
namespace {

// Their clocks may differ: what is ahead of ours was just now.
std::string LastText(const TopicReport& report, int64_t now_unix_ms) {
  if (report.last_published_unix_ms == 0) return "-";
  const int64_t age = std::max<int64_t>(now_unix_ms - report.last_published_unix_ms, 0);
  return AgeText(static_cast<uint64_t>(age)) + " ago";
}

}  // namespace

const char kTopicsIncomplete[] =
    "# incomplete: more topics were published to in the last ten minutes than the node keeps "
    "numbers "
    "of; raise limits.topics";

std::vector<Table::Column> TopicColumns() {
  return {{"SUBSCRIBERS", true}, {"NODES", true}, {"MESSAGES", true},
          {"RATE/S", true},      {"LAST", true},  {"TOPIC"}};
}

void AddTo(Table& table, const TopicReport& report, int64_t now_unix_ms) {
  table.Add({fmt::format("{}", report.subscribers), fmt::format("{}", report.nodes),
             fmt::format("{}", report.messages_in), fmt::format("{:.1f}", report.messages_in_per_s),
             LastText(report, now_unix_ms), TerminalText(report.topic)});
}

std::string TopicText(const TopicReport& report, int64_t now_unix_ms, const Style& style) {
  std::string text = fmt::format("topic        {}\n", style.Bold(TerminalText(report.topic)));
  text += fmt::format("subscribers  {} on {}\n", report.subscribers, Plural(report.nodes, "node"));
  if (report.last_published_unix_ms == 0) {
    return text + "published    nothing in the last ten minutes\n";
  }
  text += fmt::format("published    {}{} ({:.1f}/s), the last {}\n",
                      report.incomplete ? "at least " : "", Plural(report.messages_in, "message"),
                      report.messages_in_per_s, LastText(report, now_unix_ms));
  return text;
}

std::string TopicJson(const TopicReport& report) {
  JsonObject json;
  json.Text("topic", report.topic)
      .Number("subscribers", report.subscribers)
      .Number("nodes", report.nodes)
      .Number("messages_in", report.messages_in)
      .Decimal("messages_in_per_s", report.messages_in_per_s, 1);
  if (report.last_published_unix_ms == 0) {
    json.Null("last_published");
  } else {
    json.Text("last_published", Rfc3339(report.last_published_unix_ms * 1000));
  }
  return json.Bool("incomplete", report.incomplete).Line();
}

}  // namespace belfry::cli
