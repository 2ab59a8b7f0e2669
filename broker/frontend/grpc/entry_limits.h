// SPDX-License-Identifier: Apache-2.0
//
// How many operations one frame or call may hold. Bytes alone do not bound them: an empty entry takes two
// bytes, and its answer some hundred.
//
// Threads: Immutable.
#pragma once

#include <cstddef>

namespace belfry::frontend::grpc {

// Of a frame of a Session: room for 100,000 subscriptions at once (design.md §10), and its answers are sent
// in frames of a thousand.
inline constexpr size_t kFrameEntriesMax = 128 << 10;
// Of a plain call, whose answer is one message that other languages' libraries must take (4 MiB).
inline constexpr size_t kPlainCallEntriesMax = 10'000;

}  // namespace belfry::frontend::grpc
