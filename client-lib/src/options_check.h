// SPDX-License-Identifier: Apache-2.0
//
// Whether ClientOptions make sense.
// Threads: Thread-safe, pure but for looking whether TLS files can be read. Errors: INVALID_OPTION,
// the text begins with the field's name.
#pragma once

#include <string_view>

#include "belfry/client_options.h"
#include "belfry/error.h"

namespace belfry::client {

// HOST:PORT, an IPv6 address in brackets.
bool IsEndpoint(std::string_view endpoint);

Error CheckOptions(const ClientOptions& options);

}  // namespace belfry::client
