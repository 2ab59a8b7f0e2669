// SPDX-License-Identifier: Apache-2.0
//
// Between the core's words and the wire's: results, gaps, errors. Never on the path of a message.
//
// Threads: pure functions.
#pragma once

#include <span>

#include "belfry/v1/broker.pb.h"
#include "broker/core/gap.h"
#include "broker/core/overflow_policy.h"
#include "broker/core/publish.h"
#include "broker/core/session_sink.h"
#include "common/error_code.h"
#include "common/status.h"
#include "common/topic/filter.h"

namespace belfry::frontend::grpc {

void ToProto(ErrorCode code, v1::Error* out);
void ToProto(const core::SubscribeResult& result, v1::SubscribeResult* out);
void ToProto(uint32_t lane, const core::Gap& gap, v1::Gap* out);
void ToProto(const core::PublishOutcome& outcome, v1::PublishOutcome* out);

// A policy of a newer release becomes one that is refused.
core::OverflowPolicy FromProto(v1::OverflowPolicy policy);
// The view points into the message. A kind of a newer release becomes an empty literal, which is refused
// like any bad filter.
FilterView FromProto(const v1::Filter& filter);

// The gRPC status that ends a session for this reason: "SHUTTING_DOWN: the node is stopping; …".
Status ToStatus(ErrorCode reason);

}  // namespace belfry::frontend::grpc
