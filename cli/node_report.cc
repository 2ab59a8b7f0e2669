// SPDX-License-Identifier: Apache-2.0
#include "cli/node_report.h"

#include <fmt/format.h>

#include "cli/json_writer.h"
#include "cli/text.h"

namespace belfry::cli {
namespace {

std::string UptimeText(uint64_t ms) {
  const uint64_t seconds = ms / 1000;
  if (seconds < 60) return fmt::format("{}.{} s", seconds, ms % 1000 / 100);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds / 60 % 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds / 3600 % 24);
}

}  // namespace

std::string NodeText(const NodeReport& report) {
  std::string text;
  text += fmt::format("node          {} at {}, version {}\n", TerminalText(report.node_id),
                      TerminalText(report.server), TerminalText(report.version));
  if (!report.cluster_id.empty()) {
    text += fmt::format("cluster       {}\n", TerminalText(report.cluster_id));
  }
  text += fmt::format("state         {}, up {}\n", report.ready ? "ready" : "not ready",
                      UptimeText(report.uptime_ms));
  for (const std::string& reason : report.reasons) {
    text += fmt::format("because       {}\n", TerminalText(reason));
  }
  text += fmt::format("clients       {} connections, {} sessions, {} subscriptions\n",
                      report.connections, report.sessions, report.subscriptions);
  text +=
      fmt::format("messages in   {} ({:.1f}/s)\n", report.messages_in, report.messages_in_per_s);
  text += fmt::format("deliveries    {} ({:.1f}/s), {} dropped\n", report.deliveries_out,
                      report.deliveries_out_per_s, report.dropped);
  text += fmt::format("process       {:.1f} MiB resident, {:.2f} s of CPU, {} reactors\n",
                      static_cast<double>(report.resident_bytes) / (1 << 20),
                      static_cast<double>(report.cpu_us) / 1e6, report.reactors);
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
      .Number("subscriptions", report.subscriptions)
      .Number("messages_in", report.messages_in)
      .Number("deliveries_out", report.deliveries_out)
      .Number("dropped", report.dropped)
      .Decimal("messages_in_per_s", report.messages_in_per_s, 1)
      .Decimal("deliveries_out_per_s", report.deliveries_out_per_s, 1)
      .Number("resident_bytes", report.resident_bytes)
      .Number("cpu_us", report.cpu_us)
      .Line();
}

}  // namespace belfry::cli
