// SPDX-License-Identifier: Apache-2.0
//
// Keeps grpc++'s callback threads for the life of the process. grpc++ ends and joins them when the
// last channel that used them goes; when that happens on such a thread itself (a client closed
// inside a callback, or the last reference to a call dropped in its last reaction) the join is of
// itself, and grpc++ 1.51 aborts ("ref_counted.h: assertion failed: prior > 0").
//
// Threads: Thread-safe. Ownership: one channel without an address, never freed.
#pragma once

namespace belfry::client {

// From the first call on. Cheap afterwards.
void KeepGrpcThreads();

}  // namespace belfry::client
