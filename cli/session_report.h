// SPDX-License-Identifier: Apache-2.0
//
// What a node says about one of its sessions (Admin.GetSession, ListSessions), and how it is shown.
//
// Threads: Immutable value. Units: in the names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/style.h"
#include "cli/table.h"

namespace belfry::cli {

struct SessionReport {
  std::string session_id;
  std::string client_id;
  // Empty without authentication.
  std::string principal;
  std::string address;
  bool parked = false;
  bool slow = false;
  uint32_t subscriptions = 0;
  uint64_t queued_messages = 0;
  uint64_t queued_bytes = 0;
  uint64_t oldest_ms = 0;
  uint64_t unacknowledged_bytes = 0;
  uint64_t delivered = 0;
  uint64_t dropped = 0;
  uint64_t age_ms = 0;
  uint64_t parked_ms = 0;
  // 0: none.
  uint64_t incarnation = 0;
};

// "attended", "parked, slow".
std::string StateText(const SessionReport& report);

// One of many; slow ones are marked.
std::vector<Table::Column> SessionColumns();
void AddTo(Table& table, const SessionReport& report);

// Several lines, each with its line break.
std::string SessionText(const SessionReport& report, const Style& style);
std::string SessionJson(const SessionReport& report);

}  // namespace belfry::cli
