// SPDX-License-Identifier: Apache-2.0
//
// The node's numbers on the metrics page: what the brokers do, what the gRPC server does, what the
// process uses. Each is a counter that somebody keeps anyway, read when the page is asked for.
//
// Threads: called once, before the page serves. Ownership: meter, node and server outlive
// the page.
#pragma once

#include "broker/core/node.h"
#include "broker/daemon/node_meter.h"
#include "broker/observability/metrics.h"
#include "broker/rpc/server.h"

namespace belfry::daemon {

void AddNodeMetrics(observability::MetricsPage& page, const NodeMeter& meter,
                    const core::Node& node, const rpc::Server& grpc_server);

}  // namespace belfry::daemon
