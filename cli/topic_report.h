// SPDX-License-Identifier: Apache-2.0
//
// What a node says about a topic (Admin.GetTopic, ListTopics), and how it is shown.
//
// Threads: Immutable value. Units: in the names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/style.h"
#include "cli/table.h"

namespace belfry::cli {

struct TopicReport {
  std::string topic;
  uint32_t subscribers = 0;
  uint32_t nodes = 0;
  uint64_t messages_in = 0;
  double messages_in_per_s = 0;
  // 0: not in the last ten minutes.
  int64_t last_published_unix_ms = 0;
  // The node did not keep numbers of all topics.
  bool incomplete = false;
};

// One of many; the topic stands last, for it may be long.
std::vector<Table::Column> TopicColumns();
void AddTo(Table& table, const TopicReport& report, int64_t now_unix_ms);

// Several lines, each with its line break.
std::string TopicText(const TopicReport& report, int64_t now_unix_ms, const Style& style);
std::string TopicJson(const TopicReport& report);

// What to say when a list holds incomplete numbers.
extern const char kTopicsIncomplete[];

}  // namespace belfry::cli
