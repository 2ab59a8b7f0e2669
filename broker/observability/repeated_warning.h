// SPDX-License-Identifier: Apache-2.0
//
// A warning that a flood of bad input could repeat without end: written at once the first time,
// then at most once per interval, with the number of those left out ("repeated=41"). Those after
// the last written line stay uncounted in the log; a metric counts them all where that matters.
//
// Lifecycle: one object per kind of warning, owned by whoever warns; the Log and the Clock outlive
// it. Threads: Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "broker/observability/logging.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace belfry::observability {

class RepeatedWarning {
 public:
  // Ten seconds: often enough to see that it goes on, rare enough to read what else happens.
  static constexpr Duration kInterval = std::chrono::seconds(10);

  RepeatedWarning(Log& log, const Clock& clock, Duration interval = kInterval)
      : log_(log), clock_(clock), interval_(interval) {}

  void Warn(std::string_view message, std::initializer_list<LogField> fields = {});

 private:
  // How many were left out since the last line; none if this one is to be left out as well.
  std::optional<uint64_t> TakeTurn();

  Log& log_;
  const Clock& clock_;
  const Duration interval_;
  Mutex mutex_;
  std::optional<Instant> last_ BELFRY_GUARDED_BY(mutex_);
  uint64_t left_out_ BELFRY_GUARDED_BY(mutex_) = 0;
};

}  // namespace belfry::observability
