// SPDX-License-Identifier: Apache-2.0
//
// Time, injected: nothing above this file asks the operating system what time it is. Monotonic time
// decides (timeouts, ages, backoff); wall time is only ever shown or stamped.
//
// Threads: Clock is Thread-safe. ManualClock is Thread-safe too, and moves only when told.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace belfry {

using Duration = std::chrono::nanoseconds;
// A monotonic instant; its zero means nothing.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant Now() const = 0;
  // Microseconds since the Unix epoch.
  virtual int64_t WallUnixMicros() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant Now() const override;
  int64_t WallUnixMicros() const override;
};

// For tests and simulation.
class ManualClock final : public Clock {
 public:
  Instant Now() const override { return Instant(Duration(now_ns_.load())); }
  int64_t WallUnixMicros() const override { return kWallStartMicros + now_ns_.load() / 1000; }
  void Advance(Duration by) { now_ns_.fetch_add(by.count()); }

 private:
  static constexpr int64_t kWallStartMicros = 1'700'000'000'000'000;  // 2023-11-14, any fixed day
  std::atomic<int64_t> now_ns_{1'000'000'000};
};

}  // namespace belfry
