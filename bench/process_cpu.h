// SPDX-License-Identifier: Apache-2.0
//
// The CPU time of a process on this machine, user and system, as the kernel counts it: the same
// measure for every server that is compared.
//
// Threads: a pure function. Units: seconds, in steps of the kernel's clock tick (10 ms).
#pragma once

#include <sys/types.h>

#include <optional>

namespace belfry::bench {

// Unset if there is no such process.
std::optional<double> ProcessCpuSeconds(pid_t pid);

}  // namespace belfry::bench
