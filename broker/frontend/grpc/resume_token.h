// SPDX-License-Identifier: Apache-2.0
//
// The 16 random bytes of Welcome.resume_token, from the system's random source, so that no client
// can guess another's. Threads: Thread-safe. Errors: a system without random bytes is a CHECK.
#pragma once

#include <string>

namespace belfry::frontend::grpc {

std::string NewResumeToken();

}  // namespace belfry::frontend::grpc
