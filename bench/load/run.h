// SPDX-License-Identifier: Apache-2.0
//
// One run of a benchmark: connects everything, publishes through warm-up and measured time, waits
// until all has come that should, and sums up.
//
// Threads: Confined to the main thread; it blocks there. Fails: with what the system says when it
// cannot connect. Loss is a result, not a failure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "bench/load/plan.h"
#include "bench/load/result.h"
#include "bench/load/system.h"
#include "common/clock.h"
#include "common/status.h"

namespace belfry::bench {

// Told on the main thread, some ten times a second, how far a run is: how long it has measured
// (unset: it warms up), and what was delivered in that time.
using Spectator = std::function<void(std::optional<Duration> measured_for, uint64_t delivered)>;

// `patience`: for connecting, and again for the outcomes. `spectator` may be empty; then nothing
// wakes up for it.
StatusOr<Result> RunLoad(const Plan& plan, System& system, Duration patience,
                         const Spectator& spectator = {});

}  // namespace belfry::bench
