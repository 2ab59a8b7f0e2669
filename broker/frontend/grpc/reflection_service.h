// SPDX-License-Identifier: Apache-2.0
//
// Server reflection, versions v1 and v1alpha, so that grpcurl and the like need no proto files. It
// serves the descriptors that this binary was built with, of the services it names and what they
// import.
//
// Threads: called once, before the table serves.
#pragma once

#include <string>
#include <vector>

#include "broker/rpc/service_table.h"

namespace belfry::frontend::grpc {

void AddReflectionService(rpc::ServiceTable& table, std::vector<std::string> services);

}  // namespace belfry::frontend::grpc
