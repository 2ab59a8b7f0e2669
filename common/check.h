// SPDX-License-Identifier: Apache-2.0
//
// CHECK(condition): a bug of ours ends the process with file, line and condition on stderr.
// It stays on in release builds and is never reachable from what a client sends.
// Threads: Thread-safe.
#pragma once

namespace belfry {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace belfry

#define BELFRY_CHECK(condition)                 \
  (__builtin_expect(!!(condition), 1) ? void(0) \
                                      : ::belfry::CheckFailed(__FILE__, __LINE__, #condition))
