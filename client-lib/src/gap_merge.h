// SPDX-License-Identifier: Apache-2.0
//
// Two Gaps at the same place become one: exact counts stay exact, and beyond 64 topics only the
// total is kept (design.md §4), so a Gap never grows without bound.
//
// Threads: Thread-safe, pure functions.
#pragma once

#include <cstddef>
#include <string_view>

#include "belfry/message.h"

namespace belfry::client {

inline constexpr size_t kGapTopicsMax = 64;

// One message of `topic` was dropped here.
Gap GapOfOne(GapCause cause, std::string_view topic);
void AddOne(Gap& gap, std::string_view topic);

// The cause of `into` stays.
void MergeGap(Gap& into, const Gap& other);

}  // namespace belfry::client
