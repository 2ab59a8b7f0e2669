// SPDX-License-Identifier: Apache-2.0
//
// Errors of the public kind from the catalogue and from the wire.
// Threads: Thread-safe, pure functions.
#pragma once

#include <string>
#include <string_view>

#include "belfry/error.h"
#include "belfry/v1/broker.pb.h"
#include "common/error_code.h"

namespace belfry::client {

inline Error MakeError(ErrorCode code, std::string_view text) {
  return Error{static_cast<uint32_t>(code), std::string(text), IsRetryable(code), 0};
}
inline Error MakeError(ErrorCode code) { return MakeError(code, ErrorCodeText(code)); }

inline Error FromWire(const v1::Error& error) {
  return Error{error.code(), error.text(), error.retryable(), error.retry_after_ms()};
}

}  // namespace belfry::client
