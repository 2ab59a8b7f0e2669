// SPDX-License-Identifier: Apache-2.0
//
// What `belfry top` knows of a node at one moment, and how it is shown: as a screen of any size, or
// as an object of JSON.
//
// Threads: Immutable value. Units: in the names; sizes of screens in characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/node_report.h"
#include "cli/session_report.h"
#include "cli/style.h"
#include "cli/topic_report.h"

namespace belfry::cli {

// Which topics and sessions come first, for a Ranking.
struct HotterTopic {
  bool operator()(const TopicReport& a, const TopicReport& b) const;
};
struct SlowerSession {
  bool operator()(const SessionReport& a, const SessionReport& b) const;
};

struct TopView {
  int64_t time_unix_us = 0;
  // Why this look failed; what follows is then of the last one. Empty: all is fresh.
  std::string problem;
  // Unset until the node has answered once.
  std::optional<NodeReport> node;
  // Since the look before; unset at the first one.
  std::optional<double> lost_per_s;
  std::optional<double> cpu_percent;
  // The foremost of all.
  std::vector<TopicReport> topics;
  std::vector<SessionReport> sessions;
  bool topics_incomplete = false;
  // How long ago the two lists were read: long ones are not read at each look.
  uint64_t lists_age_ms = 0;
};

struct ScreenSize {
  size_t rows = 24;
  size_t columns = 80;
};

// At most as many lines as rows, each at most as wide as the screen.
std::vector<std::string> TopScreen(const TopView& view, ScreenSize size, const Style& style);
std::string TopJson(const TopView& view);

}  // namespace belfry::cli
