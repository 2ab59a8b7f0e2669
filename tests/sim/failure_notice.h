// SPDX-License-Identifier: Apache-2.0
//
// A CHECK of the core, or a signal, ends the process in the middle of a seed: this says which seed
// it was.
//
// Threads: Confined to the main thread.
#pragma once

#include <cstdint>

namespace belfry::sim {

// Once, at the start.
void InstallFailureNotice();
void NoteSeed(uint64_t seed);

}  // namespace belfry::sim
