// SPDX-License-Identifier: Apache-2.0
//
// belfry.v1.Admin: which method is answered by what. What belongs to a later release answers
// UNIMPLEMENTED and says so, as the proto file does.
//
// Threads: called once, before the table serves.
#pragma once

#include "broker/frontend/grpc/service_context.h"
#include "broker/rpc/service_table.h"

namespace belfry::frontend::grpc {

void AddAdminService(rpc::ServiceTable& table, const ServiceContext& context);

}  // namespace belfry::frontend::grpc
