// SPDX-License-Identifier: Apache-2.0
//
// How many columns a text takes on a terminal: Chinese characters take two, combining marks none.
//
// Threads: pure functions. Texts are those that TerminalText made: no control characters but tab,
// which counts as one column.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace belfry::cli {

size_t DisplayWidth(std::string_view text);

// As much of it as fits; what was cut shows as "…".
std::string CutToWidth(std::string_view text, size_t width);

}  // namespace belfry::cli
