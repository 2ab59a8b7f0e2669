// SPDX-License-Identifier: Apache-2.0
//
// A Status as gRPC puts it on the wire: the number in "grpc-status", the text percent-encoded in
// "grpc-message" (every byte outside 0x20..0x7E, and '%', as %XX).
//
// Threads: Immutable. Fails: never; a text of more than 1 KiB is cut there, because peers refuse
// large trailers.
#pragma once

#include <string>
#include <string_view>

#include "common/status.h"

namespace belfry::rpc {

struct GrpcStatusText {
  explicit GrpcStatusText(const Status& status);

  std::string code;     // "0" to "16"
  std::string message;  // percent-encoded; empty: leave the trailer out
};

std::string PercentEncode(std::string_view text);

}  // namespace belfry::rpc
