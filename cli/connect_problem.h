// SPDX-License-Identifier: Apache-2.0
//
// Why there is no session: nobody is there, or who is there will not have us.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "belfry/error.h"
#include "cli/options.h"

namespace belfry::cli {

// "cannot reach 127.0.0.1:7450 (why); start the broker or give another --server", or
// "127.0.0.1:7450 refuses: why; what to do". `reason` may be none.
std::string ConnectProblem(const GlobalOptions& global, const Error& reason);

}  // namespace belfry::cli
