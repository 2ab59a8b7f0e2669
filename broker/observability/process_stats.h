// SPDX-License-Identifier: Apache-2.0
//
// What this process uses: memory, processor time, descriptors; for the status of a node and for
// /metrics.
//
// Threads: Thread-safe functions; each call asks the kernel anew (some tens of microseconds).
// Units: bytes, microseconds. How it fails: UNAVAILABLE when /proc cannot be read, as when the
// process has no descriptor left.
#pragma once

#include <cstdint>

#include "broker/observability/metrics.h"
#include "common/status.h"

namespace belfry::observability {

struct ProcessStats {
  uint64_t resident_bytes = 0;
  uint64_t cpu_micros = 0;  // user and system, all threads, since the start
  uint64_t open_fds = 0;
};

StatusOr<ProcessStats> ReadProcessStats();

// belfry_process_*; a number that cannot be read is shown as NaN.
void AddProcessMetrics(MetricsPage& page);

}  // namespace belfry::observability
