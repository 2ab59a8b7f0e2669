// SPDX-License-Identifier: Apache-2.0
//
// The one door to absl::Status. Debian's Abseil is built with its own string_view, so its factory
// functions refuse a std::string_view; these take one. Codes are the canonical ones and equal
// gRPC's.
//
// Use Status for what a caller must handle; hot-path outcomes are enums, bugs are CHECKs.
// Threads: Immutable values.
#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <string>
#include <string_view>

namespace belfry {

using absl::Status;
using absl::StatusCode;
using absl::StatusOr;

inline Status MakeStatus(StatusCode code, std::string_view text) {
  return Status(code, absl::string_view(text.data(), text.size()));
}
inline Status InvalidArgument(std::string_view text) {
  return MakeStatus(StatusCode::kInvalidArgument, text);
}
inline Status FailedPrecondition(std::string_view text) {
  return MakeStatus(StatusCode::kFailedPrecondition, text);
}
inline Status ResourceExhausted(std::string_view text) {
  return MakeStatus(StatusCode::kResourceExhausted, text);
}
inline Status Unavailable(std::string_view text) {
  return MakeStatus(StatusCode::kUnavailable, text);
}
inline Status Unimplemented(std::string_view text) {
  return MakeStatus(StatusCode::kUnimplemented, text);
}
inline Status NotFound(std::string_view text) { return MakeStatus(StatusCode::kNotFound, text); }
inline Status Internal(std::string_view text) { return MakeStatus(StatusCode::kInternal, text); }
inline Status DeadlineExceeded(std::string_view text) {
  return MakeStatus(StatusCode::kDeadlineExceeded, text);
}
inline Status Cancelled(std::string_view text) { return MakeStatus(StatusCode::kCancelled, text); }

// The message as a std::string, for fmt and spdlog.
inline std::string MessageOf(const Status& status) {
  return std::string(status.message().data(), status.message().size());
}

}  // namespace belfry
