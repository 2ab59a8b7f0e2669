// SPDX-License-Identifier: Apache-2.0
//
// One Server-Sent Event as it goes over the wire (HTML Living Standard, section 9.2). Data may hold
// line breaks: each line becomes a `data:` field of its own, and the browser joins them with "\n".
// CR and CRLF are line breaks of the format too, so they arrive as "\n".
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace sse_node {

// `event` and `id` must hold no line break; an empty one is left out.
std::string EventText(std::string_view event, std::string_view id, std::string_view data);

// A comment. Browsers ignore it; writing it is how a viewer that has gone is noticed.
inline constexpr std::string_view kHeartbeatText = ": still here\n\n";

}  // namespace sse_node
