// SPDX-License-Identifier: Apache-2.0
//
// grpc.health.v1.Health: SERVING while the node is ready. Known services are "" (the node) and the
// full names of those in the table. Watch looks at readiness once a second and tells changes.
//
// Threads: called once, before the table serves.
#pragma once

#include "broker/frontend/grpc/service_context.h"
#include "broker/rpc/service_table.h"

namespace belfry::frontend::grpc {

void AddHealthService(rpc::ServiceTable& table, const ServiceContext& context);

}  // namespace belfry::frontend::grpc
