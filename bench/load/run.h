// SPDX-License-Identifier: Apache-2.0
//
// One run of a benchmark: connects everything, publishes through warm-up and measured time, waits
// until all has come that should, and sums up.
//
// Threads: Confined to the main thread; it blocks there. Fails: with what the system says when it
// cannot connect. Loss is a result, not a failure.
#pragma once

#include "bench/load/plan.h"
#include "bench/load/result.h"
#include "bench/load/system.h"
#include "common/clock.h"
#include "common/status.h"

namespace belfry::bench {

// `patience`: for connecting, and again for the outcomes.
StatusOr<Result> RunLoad(const Plan& plan, System& system, Duration patience);

}  // namespace belfry::bench
