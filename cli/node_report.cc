// SPDX-License-Identifier: Apache-2.0
#include "cli/node_report.h"

#include <fmt/format.h>

#include "cli/amount_text.h"
#include "cli/json_writer.h"
#include "cli/text.h"

namespace belfry::cli {
namespace {

// Above this part of its memory the node sheds queued messages.
constexpr double kSheddingFrom = 0.7;

double UsedPart(const NodeReport& report) {
  return report.memory_limit == 0
             ? 0
             : static_cast<double>(report.memory_used) / static_cast<double>(report.memory_limit);
}

// Painted if there are any.
std::string Loss(uint64_t count, std::string_view what, const Style& style) {
  const std::string text = fmt::format("{} {}", count, what);
  return count > 0 ? style.Yellow(text) : text;
}

}  // namespace

std::string MemoryText(const NodeReport& report) {
  if (report.memory_limit == 0) {
    return fmt::format("{}, no limit", BytesText(report.memory_used));
  }
  return fmt::format("{} of {} ({:.0f} %)", BytesText(report.memory_used),
                     BytesText(report.memory_limit), UsedPart(report) * 100);
}

std::string NodeText(const NodeReport& report, const Style& style) {
  std::string text;
  text +=
      fmt::format("node          {} at {}, version {}\n", style.Bold(TerminalText(report.node_id)),
                  TerminalText(report.server), TerminalText(report.version));
  if (!report.cluster_id.empty()) {
    text += fmt::format("cluster       {}\n", TerminalText(report.cluster_id));
  }
  text += fmt::format("state         {}, up {}\n",
                      report.ready ? style.Green("ready") : style.Red("not ready"),
                      AgeText(report.uptime_ms));
  for (const std::string& reason : report.reasons) {
    text += fmt::format("because       {}\n", TerminalText(reason));
  }
  text +=
      fmt::format("clients       {}, {}, {}\n", Plural(report.connections, "connection"),
                  Plural(report.sessions, "session"), Plural(report.subscriptions, "subscription"));
  text += fmt::format("sessions      {} parked now, {} resumed after a break\n",
                      report.sessions_parked, report.sessions_resumed);
  text +=
      fmt::format("messages in   {} ({:.1f}/s)\n", report.messages_in, report.messages_in_per_s);
  text += fmt::format("deliveries    {} ({:.1f}/s), {}, {} by newer ones\n", report.deliveries_out,
                      report.deliveries_out_per_s, Loss(report.dropped, "lost", style),
                      fmt::format("{} replaced", report.conflated));
  text += fmt::format("topics        {} tracked, {}\n", report.topics_tracked,
                      Loss(report.messages_untracked, "messages to others", style));
  const std::string memory = MemoryText(report);
  text += fmt::format("memory        {}, {}\n",
                      UsedPart(report) >= kSheddingFrom ? style.Red(memory) : memory,
                      Loss(report.shed, "messages shed", style));
  text += fmt::format("process       {} resident, {:.2f} s of CPU, {}\n",
                      BytesText(report.resident_bytes), static_cast<double>(report.cpu_us) / 1e6,
                      Plural(report.reactors, "reactor"));
  return text;
}

std::string NodeJson(const NodeReport& report) {
  std::string reasons;
  for (const std::string& reason : report.reasons) {
    reasons += (reasons.empty() ? "" : ",") + JsonString(reason);
  }
  return JsonObject()
      .Text("node", report.node_id)
      .Text("cluster", report.cluster_id)
      .Text("server", report.server)
      .Text("version", report.version)
      .Bool("ready", report.ready)
      .Raw("reasons", "[" + reasons + "]")
      .Number("uptime_ms", report.uptime_ms)
      .Number("reactors", report.reactors)
      .Number("connections", report.connections)
      .Number("sessions", report.sessions)
      .Number("sessions_parked", report.sessions_parked)
      .Number("sessions_resumed", report.sessions_resumed)
      .Number("subscriptions", report.subscriptions)
      .Number("messages_in", report.messages_in)
      .Number("deliveries_out", report.deliveries_out)
      .Number("dropped", report.dropped)
      .Number("shed", report.shed)
      .Number("conflated", report.conflated)
      .Decimal("messages_in_per_s", report.messages_in_per_s, 1)
      .Decimal("deliveries_out_per_s", report.deliveries_out_per_s, 1)
      .Number("resident_bytes", report.resident_bytes)
      .Number("cpu_us", report.cpu_us)
      .Number("memory_used", report.memory_used)
      .Number("memory_limit", report.memory_limit)
      .Number("topics_tracked", report.topics_tracked)
      .Number("messages_untracked", report.messages_untracked)
      .Line();
}

}  // namespace belfry::cli
