// SPDX-License-Identifier: Apache-2.0
//
// The real transport: grpc++'s callback interface with bytes instead of messages, on the method
// /belfry.v1.Broker/Session. Each attempt makes its own connection, so that gRPC's own backoff
// never stands before ours and no two clients share a socket.
//
// Threads: as transport.h says. Units: bytes. Errors: a gRPC status becomes an Error of OnClosed;
// TLS files are read at each attempt, so renewed certificates are taken up.
#pragma once

#include <memory>

#include "belfry/client_options.h"
#include "client-lib/src/transport.h"

namespace belfry::client {

std::unique_ptr<Connector> MakeGrpcConnector(TlsOptions tls);

}  // namespace belfry::client
