// SPDX-License-Identifier: Apache-2.0
#include "cli/session_report.h"

#include <fmt/format.h>

#include "cli/amount_text.h"
#include "cli/json_writer.h"
#include "cli/text.h"

namespace belfry::cli {
namespace {

std::string OldestText(const SessionReport& report) {
  return report.queued_messages == 0 ? "-" : AgeText(report.oldest_ms);
}

std::optional<std::string> OrNull(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

std::string StateText(const SessionReport& report) {
  return fmt::format("{}{}", report.parked ? "parked" : "attended", report.slow ? ", slow" : "");
}

std::vector<Table::Column> SessionColumns() {
  return {{"SESSION"},      {"STATE"},      {"SUBS", true}, {"QUEUED", true}, {"BYTES", true},
          {"OLDEST", true}, {"LOST", true}, {"AGE", true},  {"CLIENT"},       {"ADDRESS"}};
}

void AddTo(Table& table, const SessionReport& report) {
  table.Add({report.session_id, StateText(report), fmt::format("{}", report.subscriptions),
             fmt::format("{}", report.queued_messages), BytesText(report.queued_bytes),
             OldestText(report), fmt::format("{}", report.dropped), AgeText(report.age_ms),
             TerminalText(report.client_id), TerminalText(report.address)},
            report.slow);
}

std::string SessionText(const SessionReport& report, const Style& style) {
  std::string text = fmt::format("session         {}, {}\n", TerminalText(report.session_id),
                                 report.slow ? style.Yellow(StateText(report)) : StateText(report));
  text += fmt::format("client          {} at {}\n", TerminalText(report.client_id),
                      TerminalText(report.address));
  if (!report.principal.empty()) {
    text += fmt::format("principal       {}\n", TerminalText(report.principal));
  }
  if (report.incarnation != 0) text += fmt::format("incarnation     {}\n", report.incarnation);
  text +=
      fmt::format("age             {}{}\n", AgeText(report.age_ms),
                  report.parked ? fmt::format(", parked for {}", AgeText(report.parked_ms)) : "");
  text += fmt::format("subscriptions   {}\n", report.subscriptions);
  text += fmt::format("queued          {}, {}{}\n", Plural(report.queued_messages, "message"),
                      BytesText(report.queued_bytes),
                      report.queued_messages > 0 ? ", the oldest for " + OldestText(report) : "");
  text += fmt::format("unacknowledged  {}\n", BytesText(report.unacknowledged_bytes));
  const std::string lost = fmt::format("{} lost", report.dropped);
  text += fmt::format("delivered       {}, {}\n", Plural(report.delivered, "message"),
                      report.dropped > 0 ? style.Red(lost) : lost);
  return text;
}

std::string SessionJson(const SessionReport& report) {
  JsonObject json;
  json.Text("session_id", report.session_id)
      .Text("client_id", report.client_id)
      .OptionalText("principal", OrNull(report.principal))
      .Text("address", report.address)
      .Text("state", report.parked ? "parked" : "attended")
      .Bool("slow", report.slow)
      .Number("subscriptions", report.subscriptions)
      .Number("queued_messages", report.queued_messages)
      .Number("queued_bytes", report.queued_bytes)
      .Number("oldest_ms", report.oldest_ms)
      .Number("unacknowledged_bytes", report.unacknowledged_bytes)
      .Number("delivered", report.delivered)
      .Number("dropped", report.dropped)
      .Number("age_ms", report.age_ms)
      .Number("parked_ms", report.parked_ms);
  // An id: no reader may round it.
  if (report.incarnation == 0) {
    json.Null("incarnation");
  } else {
    json.Text("incarnation", fmt::format("{}", report.incarnation));
  }
  return json.Line();
}

}  // namespace belfry::cli
