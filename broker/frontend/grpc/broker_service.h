// SPDX-License-Identifier: Apache-2.0
//
// belfry.v1.Broker: which method is served by what.
//
// Threads: called once, before the table serves.
#pragma once

#include "broker/frontend/grpc/service_context.h"
#include "broker/rpc/service_table.h"

namespace belfry::frontend::grpc {

void AddBrokerService(rpc::ServiceTable& table, const ServiceContext& context);

}  // namespace belfry::frontend::grpc
