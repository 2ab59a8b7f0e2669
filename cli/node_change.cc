// SPDX-License-Identifier: Apache-2.0
#include "cli/node_change.h"

#include <chrono>
#include <cstdint>

namespace belfry::cli {
namespace {

// Clocks of two machines drift apart, and a process may take a while from its start to its clock's.
constexpr Duration kSlack = std::chrono::seconds(1);

Duration Uptime(const NodeLook& look) { return std::chrono::milliseconds(look.report.uptime_ms); }

std::optional<double> PerSecond(const NodeLook& before, const NodeLook& now,
                                uint64_t NodeReport::*counter) {
  const double seconds = std::chrono::duration<double>(now.answered - before.answered).count();
  // One that went down is another process's, however alike they are.
  if (!SameProcess(before, now) || seconds <= 0 || now.report.*counter < before.report.*counter) {
    return std::nullopt;
  }
  return static_cast<double>(now.report.*counter - before.report.*counter) / seconds;
}

}  // namespace

bool SameProcess(const NodeLook& before, const NodeLook& now) {
  // It started in between [asked, answered] - uptime: the two must have a moment in common.
  return before.report.server == now.report.server && before.report.node_id == now.report.node_id &&
         now.asked - Uptime(now) <= before.answered - Uptime(before) + kSlack &&
         before.asked - Uptime(before) <= now.answered - Uptime(now) + kSlack;
}

std::optional<double> LostPerSecond(const NodeLook& before, const NodeLook& now) {
  return PerSecond(before, now, &NodeReport::dropped);
}

std::optional<double> CpuPercent(const NodeLook& before, const NodeLook& now) {
  const auto micros = PerSecond(before, now, &NodeReport::cpu_us);
  if (!micros) return std::nullopt;
  return *micros / 1e4;
}

}  // namespace belfry::cli
