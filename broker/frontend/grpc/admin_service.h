// SPDX-License-Identifier: Apache-2.0
//
// belfry.v1.Admin in first form: the node's status, and a topic's subscribers. Its other methods
// answer UNIMPLEMENTED until their issues land, as the proto file says.
//
// Threads: called once, before the table serves.
#pragma once

#include "broker/frontend/grpc/service_context.h"
#include "broker/rpc/service_table.h"

namespace belfry::frontend::grpc {

void AddAdminService(rpc::ServiceTable& table, const ServiceContext& context);

}  // namespace belfry::frontend::grpc
