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

// Why something failed: never nothing, even if the broker gives no code.
inline Error ReasonFromWire(const v1::Error& error) {
  if (error.code() != 0) return FromWire(error);
  return MakeError(ErrorCode::kProtocolError, "the broker did not say why: " + error.text());
}

// The broker ends a session with a gRPC status whose text is "NAME: text", the name as in the
// catalogue. Anything else was said by gRPC about the connection.
inline Error FromStatusText(std::string_view text) {
  // 1 to 99 come from the broker.
  constexpr uint32_t kBrokerCodesEnd = 100;
  const size_t colon = text.find(": ");
  const std::string_view name = text.substr(0, colon);
  const std::string_view unlisted = ErrorCodeName(static_cast<ErrorCode>(UINT32_MAX));
  if (name == unlisted) return MakeError(ErrorCode::kConnectionLost, text);
  for (uint32_t number = 1; number < kBrokerCodesEnd && colon != std::string_view::npos; ++number) {
    const auto code = static_cast<ErrorCode>(number);
    if (ErrorCodeName(code) == name) return MakeError(code, text.substr(colon + 2));
  }
  return MakeError(ErrorCode::kConnectionLost, text);
}

}  // namespace belfry::client
