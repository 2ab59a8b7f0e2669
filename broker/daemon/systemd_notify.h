// SPDX-License-Identifier: Apache-2.0
//
// What the broker tells systemd over NOTIFY_SOCKET (sd_notify(3)): READY=1 once all listeners are
// up and again after each reload, RELOADING=1, STOPPING=1, WATCHDOG=1 while all reactors turn,
// STATUS= for `systemctl status`. Started in another way, it tells nobody.
//
// Threads: Thread-safe as long as nobody changes the environment.
// How it fails: a message that cannot be sent is lost, and the result says so; systemd then sees a
// start or a watchdog that times out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace belfry::daemon {

// `state` is one or more lines NAME=VALUE. True if it was sent, false if nobody listens or it
// failed.
bool NotifySystemd(const std::string& state);

// The line that `systemctl status` shows; line breaks in it become spaces.
bool NotifySystemdStatus(std::string_view text);

// How often to send WATCHDOG=1: half of the unit's WatchdogSec. None if systemd does not watch.
std::optional<Duration> WatchdogInterval();

}  // namespace belfry::daemon
