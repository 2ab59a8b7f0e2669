// SPDX-License-Identifier: Apache-2.0
//
// The hot end of the delivery path: writes records, already encoded, as one outgoing message of a
// call. Small records are copied once, from the record to the wire's chain; payloads of 4 KiB and
// more are referenced where they are.
//
// Threads: Confined to the call's reactor.
#pragma once

#include <cstdint>
#include <span>

#include "broker/core/record.h"
#include "broker/rpc/call.h"

namespace belfry::frontend::grpc {

// ServerFrame{deliver: Deliver{lane, messages}}
void WriteDeliverFrame(rpc::Call& call, uint32_t lane,
                       std::span<const Ref<const core::Record>> records);
// SubscribeResponse{batch: MessageBatch{messages}}
void WriteBatchResponse(rpc::Call& call, std::span<const Ref<const core::Record>> records);

}  // namespace belfry::frontend::grpc
