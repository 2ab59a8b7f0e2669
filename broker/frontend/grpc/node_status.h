// SPDX-License-Identifier: Apache-2.0
//
// The node as operators see it: its status and its settings.
//
// Threads: Thread-safe, as the functions of the context that they ask.
#pragma once

#include "belfry/v1/admin.pb.h"
#include "broker/frontend/grpc/service_context.h"

namespace belfry::frontend::grpc {

v1::NodeStatus NodeStatusOf(const ServiceContext& context);
v1::GetSettingsResponse SettingsOf(const ServiceContext& context);

}  // namespace belfry::frontend::grpc
