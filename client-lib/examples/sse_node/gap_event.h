// SPDX-License-Identifier: Apache-2.0
//
// The event that tells a viewer that messages are missing at this place of the stream. Its data is
// a JSON object: {"cause":"overflow","count":3}, with null for a count that is not known.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client-lib/examples/sse_node/sse_event.h"

namespace sse_node {

// `cause` is a word of ours, in lower_snake_case.
inline std::string GapEvent(std::string_view cause, std::optional<uint64_t> count) {
  std::string data = "{\"cause\":\"" + std::string(cause) + "\",\"count\":";
  data += count ? std::to_string(*count) : "null";
  return EventText("gap", "", data + "}");
}

}  // namespace sse_node
