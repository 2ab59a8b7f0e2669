// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/systemd_notify.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace belfry::daemon {

// The variables stay set (first argument 0), because every later message needs them too.
bool NotifySystemd(const std::string& state) { return sd_notify(0, state.c_str()) > 0; }

bool NotifySystemdStatus(std::string_view text) {
  std::string line = "STATUS=";
  line += text;
  // A line break would begin another state.
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
  return NotifySystemd(line);
}

std::optional<Duration> WatchdogInterval() {
  uint64_t micros = 0;
  if (sd_watchdog_enabled(0, &micros) <= 0) return std::nullopt;
  return std::chrono::microseconds(micros / 2);
}

}  // namespace belfry::daemon
