// SPDX-License-Identifier: Apache-2.0
//
// Text from outside (topics, client ids, addresses, file contents) made safe to write in a log: one
// field stays one field of one line, and cannot drive a terminal. Escaped are control characters,
// what reorders or breaks a line on a screen (Unicode's bidirectional controls and line
// separators), and bytes that are not UTF-8. Text of more than kFieldBytesMax bytes is cut before a
// character and ends in "...".
//
// Threads: Immutable functions. They cannot fail. Source of the bound: faults.md, security
// checklist 9.
#pragma once

#include <string>
#include <string_view>

namespace belfry::observability {

inline constexpr size_t kFieldBytesMax = 256;

// For key=value lines: as it is where that is unambiguous, otherwise in double quotes with \n, \",
// \\, \xHH for bytes and \u{HEX} for characters.
std::string TextField(std::string_view value);

// A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string JsonField(std::string_view value);

}  // namespace belfry::observability
