// SPDX-License-Identifier: Apache-2.0
//
// What a node says about itself (Admin.GetNode), and how it is shown.
//
// Threads: Immutable value. Units: in the names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/style.h"

namespace belfry::cli {

struct NodeReport {
  // Which of --server answered.
  std::string server;
  std::string node_id;
  std::string cluster_id;
  std::string version;
  bool ready = false;
  std::vector<std::string> reasons;
  uint64_t uptime_ms = 0;
  uint32_t reactors = 0;
  uint64_t connections = 0;
  // Parked ones too.
  uint64_t sessions = 0;
  uint64_t sessions_parked = 0;
  uint64_t sessions_resumed = 0;
  uint64_t subscriptions = 0;
  uint64_t messages_in = 0;
  uint64_t deliveries_out = 0;
  uint64_t dropped = 0;
  // Of `dropped`: to keep the node within its memory.
  uint64_t shed = 0;
  uint64_t conflated = 0;
  double messages_in_per_s = 0;
  double deliveries_out_per_s = 0;
  uint64_t resident_bytes = 0;
  uint64_t cpu_us = 0;
  uint64_t memory_used = 0;
  // 0: unlimited.
  uint64_t memory_limit = 0;
  uint64_t topics_tracked = 0;
  uint64_t messages_untracked = 0;
};

// "12.0 MiB of 1.0 GiB (1 %)".
std::string MemoryText(const NodeReport& report);

// Several lines, each with its line break.
std::string NodeText(const NodeReport& report, const Style& style);
std::string NodeJson(const NodeReport& report);

}  // namespace belfry::cli
