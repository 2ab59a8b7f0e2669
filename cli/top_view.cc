// SPDX-License-Identifier: Apache-2.0
#include "cli/top_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "cli/amount_text.h"
#include "cli/display_width.h"
#include "cli/event_format.h"
#include "cli/json_writer.h"
#include "cli/text.h"

namespace belfry::cli {
namespace {

// How many topics and sessions an object of JSON holds.
constexpr size_t kListedMax = 10;
// Below this height a screen has no empty lines and no line about keys.
constexpr size_t kRowsForComfort = 16;

// "12:00:01Z" of "2026-01-02T12:00:01.000000Z".
std::string ClockText(int64_t unix_us) {
  const std::string time = Rfc3339(unix_us);
  return time.size() < 19 ? "" : time.substr(11, 8) + "Z";
}

// Narrower than the tables of `topics` and `sessions`: what ranks a row stands first, what may be
// long and cut off last.
std::vector<Table::Column> TopicsOnScreen() {
  return {{"RATE/S", true}, {"MESSAGES", true}, {"SUBS", true}, {"TOPIC"}};
}

std::vector<std::string> CellsOf(const TopicReport& topic) {
  return {fmt::format("{:.1f}", topic.messages_in_per_s), fmt::format("{}", topic.messages_in),
          fmt::format("{}", topic.subscribers), TerminalText(topic.topic)};
}

std::vector<Table::Column> SessionsOnScreen() {
  return {{"QUEUED", true}, {"BYTES", true}, {"OLDEST", true}, {"LOST", true},
          {"STATE"},        {"SESSION"},     {"CLIENT"}};
}

std::vector<std::string> CellsOf(const SessionReport& session) {
  return {fmt::format("{}", session.queued_messages),
          BytesText(session.queued_bytes),
          session.queued_messages == 0 ? "-" : AgeText(session.oldest_ms),
          fmt::format("{}", session.dropped),
          StateText(session),
          session.session_id,
          TerminalText(session.client_id)};
}

class Screen {
 public:
  Screen(const TopView& view, ScreenSize size, const Style& style)
      : view_(view), size_(size), style_(style) {}

  std::vector<std::string> Lines() {
    AddHead();
    if (view_.node) {
      AddFigures();
      AddTables();
    }
    if (comfortable()) {
      while (lines_.size() + 1 < size_.rows) lines_.emplace_back();
      Add("q quits   " + ClockText(view_.time_unix_us), &Style::Dim);
    }
    if (lines_.size() > size_.rows) lines_.resize(size_.rows);
    return std::move(lines_);
  }

 private:
  using Paint = std::string (Style::*)(std::string_view) const;

  bool comfortable() const { return size_.rows >= kRowsForComfort; }

  void Add(const std::string& text, Paint paint = nullptr) {
    const std::string cut = CutToWidth(text, size_.columns);
    lines_.push_back(paint == nullptr ? cut : (style_.*paint)(cut));
  }

  void AddHead() {
    if (view_.node) {
      Add(fmt::format("belfry top   node {} at {}   {}   up {}", TerminalText(view_.node->node_id),
                      TerminalText(view_.node->server), view_.node->ready ? "ready" : "not ready",
                      AgeText(view_.node->uptime_ms)),
          &Style::Bold);
    } else {
      Add("belfry top", &Style::Bold);
    }
    if (!view_.problem.empty()) {
      Add(fmt::format("trying again: {}", TerminalText(view_.problem)), &Style::Red);
    } else if (view_.node && !view_.node->ready && !view_.node->reasons.empty()) {
      Add(TerminalText(view_.node->reasons.front()), &Style::Yellow);
    }
  }

  void AddFigures() {
    const NodeReport& node = *view_.node;
    Add(fmt::format("in {:.1f}/s   out {:.1f}/s   lost {}{}{}", node.messages_in_per_s,
                    node.deliveries_out_per_s, node.dropped,
                    view_.lost_per_s ? fmt::format(" ({:.0f}/s)", *view_.lost_per_s) : "",
                    node.conflated > 0 ? fmt::format("   replaced {}", node.conflated) : ""),
        view_.lost_per_s.value_or(0) > 0 ? &Style::Yellow : nullptr);
    Add(fmt::format("{}, {} ({} parked), {}", Plural(node.connections, "connection"),
                    Plural(node.sessions, "session"), node.sessions_parked,
                    Plural(node.subscriptions, "subscription")));
    Add(fmt::format("memory {}   CPU {}", MemoryText(node),
                    view_.cpu_percent ? fmt::format("{:.0f} %", *view_.cpu_percent) : "-"));
  }

  // Both tables share what is left of the screen; what one does not need is the other's.
  void AddTables() {
    const size_t gaps = comfortable() ? 2 : 0;
    const size_t taken = lines_.size() + gaps + (comfortable() ? 1 : 0);
    // A table is its heading and at least one row.
    if (size_.rows < taken + 2) return;
    const size_t space = size_.rows - taken;
    const bool both = space >= 4;
    const size_t sessions_want = std::max<size_t>(view_.sessions.size(), 1) + 1;
    const size_t topics_want = std::max<size_t>(view_.topics.size(), 1) + 1;
    const size_t half = space / 2;
    const size_t for_sessions =
        both ? std::min(sessions_want, std::max(half, space - std::min(topics_want, space))) : 0;
    AddTopics(space - for_sessions);
    if (both) AddSessions(for_sessions);
  }

  void AddTopics(size_t rows) {
    if (comfortable()) lines_.emplace_back();
    Table table(TopicsOnScreen(), Style());
    const size_t shown = std::min(view_.topics.size(), rows - 1);
    for (size_t i = 0; i < shown; ++i) table.Add(CellsOf(view_.topics[i]));
    std::string note;
    if (view_.lists_age_ms >= 2000) {
      note = fmt::format("   (as of {} ago)", AgeText(view_.lists_age_ms));
    }
    if (view_.topics_incomplete) note += "   (incomplete: see limits.topics)";
    AddTable(table, note, shown == 0 ? "no topics" : "");
  }

  void AddSessions(size_t rows) {
    if (comfortable()) lines_.emplace_back();
    Table table(SessionsOnScreen(), Style());
    const size_t shown = std::min(view_.sessions.size(), rows - 1);
    for (size_t i = 0; i < shown; ++i) table.Add(CellsOf(view_.sessions[i]));
    const size_t first = lines_.size() + 1;
    AddTable(table, "", shown == 0 ? "no sessions" : "");
    for (size_t i = 0; i < shown; ++i) {
      if (view_.sessions[i].slow) lines_[first + i] = style_.Yellow(lines_[first + i]);
    }
  }

  void AddTable(Table& table, const std::string& note, const std::string& instead) {
    bool heading = true;
    for (const std::string& line : table.Take()) {
      Add(heading ? line + note : line, heading ? &Style::Bold : nullptr);
      heading = false;
    }
    if (!instead.empty()) Add(instead, &Style::Dim);
  }

  const TopView& view_;
  const ScreenSize size_;
  const Style& style_;
  std::vector<std::string> lines_;
};

template <class Report>
std::string ListJson(const std::vector<Report>& reports, std::string (*json)(const Report&)) {
  std::string list;
  for (size_t i = 0; i < std::min(reports.size(), kListedMax); ++i) {
    list += (i == 0 ? "" : ",") + json(reports[i]);
  }
  return "[" + list + "]";
}

}  // namespace

bool HotterTopic::operator()(const TopicReport& a, const TopicReport& b) const {
  return std::tie(b.messages_in_per_s, b.messages_in, a.topic) <
         std::tie(a.messages_in_per_s, a.messages_in, b.topic);
}

bool SlowerSession::operator()(const SessionReport& a, const SessionReport& b) const {
  return std::tie(b.slow, b.queued_bytes, b.dropped, a.session_id) <
         std::tie(a.slow, a.queued_bytes, a.dropped, b.session_id);
}

std::vector<std::string> TopScreen(const TopView& view, ScreenSize size, const Style& style) {
  return Screen(view, size, style).Lines();
}

std::string TopJson(const TopView& view) {
  JsonObject json;
  json.Text("time", Rfc3339(view.time_unix_us));
  if (view.problem.empty()) {
    json.Null("error");
  } else {
    json.Text("error", view.problem);
  }
  // What is no longer true is not repeated.
  if (!view.problem.empty() || !view.node) {
    return json.Null("node")
        .Null("lost_per_s")
        .Null("cpu_percent")
        .Null("lists_age_ms")
        .Raw("topics", "[]")
        .Raw("sessions", "[]")
        .Line();
  }
  json.Raw("node", NodeJson(*view.node));
  for (const auto& [name, value] :
       {std::pair{"lost_per_s", view.lost_per_s}, std::pair{"cpu_percent", view.cpu_percent}}) {
    if (value) {
      json.Decimal(name, *value, 1);
    } else {
      json.Null(name);
    }
  }
  return json.Number("lists_age_ms", view.lists_age_ms)
      .Raw("topics", ListJson(view.topics, &TopicJson))
      .Raw("sessions", ListJson(view.sessions, &SessionJson))
      .Line();
}

}  // namespace belfry::cli
