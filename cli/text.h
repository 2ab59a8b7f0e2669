// SPDX-License-Identifier: Apache-2.0
//
// Bytes from strangers, made safe to show: what a publisher sent must neither move the reader's
// cursor, nor break a JSON line.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace belfry::cli {

// The length of the well-formed UTF-8 character that `text` begins with, or 0 if it begins with
// none. Overlong forms, surrogates and values above U+10FFFF are not well-formed (Unicode 15, table
// 3-7).
size_t Utf8Length(std::string_view text);

// How many characters at its beginning stand for themselves everywhere: printable ASCII without
// quote and backslash. Most text is nothing else, and passes at once.
size_t PlainLength(std::string_view text);

bool IsUtf8(std::string_view bytes);

// RFC 4648, with padding.
std::string Base64(std::string_view bytes);

// For a terminal: control characters (C0 but tab, DEL, C1), line and paragraph separators, the
// marks that reverse the direction of writing, and bytes that are not UTF-8, are shown as \n, \r,
// \xHH or \u{HHHH}; a backslash as two. So what is shown says exactly what the bytes were.
std::string TerminalText(std::string_view bytes);

}  // namespace belfry::cli
