// SPDX-License-Identifier: Apache-2.0
//
// Whether bytes are text that an event stream and a web page can carry, and how to show them if
// not.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace sse_node {

// Valid UTF-8 (Unicode 15, table 3-7) without the character U+0000.
bool IsPlainText(std::string_view bytes);

// RFC 4648, with padding.
std::string Base64(std::string_view bytes);

}  // namespace sse_node
