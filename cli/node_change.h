// SPDX-License-Identifier: Apache-2.0
//
// What two looks at a node tell together, if it was the same process both times.
//
// Threads: Immutable value, pure functions. Fails: with nullopt where nothing can be told.
#pragma once

#include <optional>

#include "cli/node_report.h"
#include "common/clock.h"

namespace belfry::cli {

// A report, and the moments between which it was made.
struct NodeLook {
  NodeReport report;
  Instant asked = {};
  Instant answered = {};
};

// By its name, and the moment when it started.
bool SameProcess(const NodeLook& before, const NodeLook& now);

// What was lost in a second, and the CPU's share of the time.
std::optional<double> LostPerSecond(const NodeLook& before, const NodeLook& now);
std::optional<double> CpuPercent(const NodeLook& before, const NodeLook& now);

}  // namespace belfry::cli
