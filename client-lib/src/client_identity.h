// SPDX-License-Identifier: Apache-2.0
//
// Names that no two clients share.
// Threads: Thread-safe.
#pragma once

#include <cstddef>
#include <string>

namespace belfry::client {

// From the operating system.
std::string RandomBytes(size_t count);

// HOST-PID-RANDOM, at most 128 bytes.
std::string DefaultClientId();

}  // namespace belfry::client
