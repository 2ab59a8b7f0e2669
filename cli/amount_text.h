// SPDX-License-Identifier: Apache-2.0
//
// Amounts as people read them: sizes, ages, counts of things.
//
// Threads: pure functions. Units: in the names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::cli {

// "17 B", "1.5 KiB", "2.0 GiB".
std::string BytesText(uint64_t bytes);

// "250 ms", "4.2 s", "3 min 5 s", "2 h 7 min", "3 d 1 h".
std::string AgeText(uint64_t ms);

// "1 message", "2 messages".
std::string Plural(uint64_t count, std::string_view noun);

// "1,234,567".
std::string CountText(uint64_t count);

}  // namespace belfry::cli
