// SPDX-License-Identifier: Apache-2.0
//
// What to say when a question to the Admin service failed.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "common/status.h"

namespace belfry::cli {

// What gRPC 1.51 says of a call that found no connection, as people can use it: the last reason
// alone and, after a semicolon, what that mostly means for the options. Other texts stay.
std::string ConnectFailure(std::string_view text, bool tls);

// "what is wrong; what to do", safe to show, without "belfry: ".
std::string AdminProblem(const Status& status);

}  // namespace belfry::cli
