// SPDX-License-Identifier: Apache-2.0
#include "common/clock.h"

namespace belfry {

Instant SystemClock::Now() const { return std::chrono::steady_clock::now(); }

int64_t SystemClock::WallUnixMicros() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace belfry
