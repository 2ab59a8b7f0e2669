// SPDX-License-Identifier: Apache-2.0
//
// Why an attempt to connect failed, as people can use it. gRPC tells what the socket or the TLS
// library said last; this adds what that mostly means.
//
// Threads: Thread-safe, a pure function.
#pragma once

#include <string>
#include <string_view>

namespace belfry::client {

// `text` is the message of the gRPC status that ended an attempt in which nothing was heard.
std::string ExplainConnectFailure(std::string_view text, bool tls);

}  // namespace belfry::client
