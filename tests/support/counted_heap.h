// SPDX-License-Identifier: Apache-2.0
//
// Counts what a test binary takes from the heap: links operator new and delete of its own, so only
// binaries that measure memory or allocations link it. Blocks are counted as glibc's malloc lays
// them out (8 bytes of header, steps of 16, at least 32).
//
// Threads: Thread-safe.
#pragma once

#include <cstdint>

namespace belfry::test {

// Held now.
int64_t HeapBytes();
// Blocks ever taken.
int64_t HeapAllocations();

}  // namespace belfry::test
