// SPDX-License-Identifier: Apache-2.0
//
// The value of the "grpc-timeout" header: 1 to 8 digits and a unit of H, M, S, m, u or n
// (the gRPC protocol's "Timeout").
//
// Threads: Immutable. Fails: nothing for anything else. Values beyond ten years become ten years,
// so that adding one to an Instant cannot overflow.
#pragma once

#include <optional>
#include <string_view>

#include "common/clock.h"

namespace belfry::rpc {

std::optional<Duration> ParseGrpcTimeout(std::string_view text);

}  // namespace belfry::rpc
