// SPDX-License-Identifier: Apache-2.0
//
// The rules between keys, which no single value shows: above all, that a broker reachable from
// other machines is not open to everyone by accident.
//
// Threads: Immutable function. How it fails: INVALID_ARGUMENT naming the keys and every way out.
#pragma once

#include "broker/config/config.h"
#include "common/status.h"

namespace belfry::config {

Status Validate(const Config& config);

// What a frame needs beside the payload of its one message: topic, headers, key, framing.
inline constexpr uint64_t kFrameOverheadBytes = uint64_t{64} << 10;

}  // namespace belfry::config
