// SPDX-License-Identifier: Apache-2.0
//
// What a benchmark run found, and how it is shown.
//
// Threads: Immutable value. Units: seconds; the histogram holds nanoseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bench/load/histogram.h"
#include "bench/load/load.h"
#include "common/clock.h"

namespace belfry::bench {

struct Result {
  Histogram delays;
  // Messages published in the measured time: outcome OK, FAILED, UNKNOWN.
  uint64_t published = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;
  // How long they were published.
  double publish_seconds = 0;
  // The measured time, as long as it really was, and deliveries that arrived in it, of whatever was
  // published when. CPU is of the same time.
  double seconds = 0;
  uint64_t arrived = 0;
  double client_cpu_s = 0;
  // Unset if the broker did not say, or was restarted meanwhile.
  std::optional<double> broker_cpu_s;
  // What `published` should have brought, and what came.
  uint64_t expected = 0;
  uint64_t delivered = 0;
  // Announcements of loss.
  uint64_t gaps = 0;
  // With a rate: how much later than due the latest message was taken from its publisher. Delays
  // count from when a message was due, so they hold this time too.
  std::optional<Duration> late_max;
  // Without a rate: how often publishers waited for deliveries in vain and went on, warm-up
  // included.
  uint64_t stalls = 0;
};

// One object, without a line break.
std::string ResultJson(const Result& result);
// Several lines, each with its line break.
std::string ResultText(const Load& load, const Result& result);

}  // namespace belfry::bench
