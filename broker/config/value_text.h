// SPDX-License-Identifier: Apache-2.0
//
// The written forms of single values: sizes ("64KiB", "10GiB", or plain bytes), durations ("250ms",
// "5s", "7d"), whole numbers, and text from outside made safe to show in an error.
//
// Threads: Immutable functions. How they fail: no value for text that has another form or
// overflows; the caller knows the key and says what is allowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace belfry::config {

std::optional<uint64_t> ParseInteger(std::string_view text);

// Units B (or none), KiB, MiB, GiB, TiB: powers of 1024, written exactly so.
std::optional<uint64_t> ParseSize(std::string_view text);
std::string FormatSize(uint64_t bytes);

// Units ms, s, m, h, d. A unit is always said.
std::optional<Duration> ParseDuration(std::string_view text);
// The largest unit that divides the duration; parts below a millisecond, which no file can say, are
// cut.
std::string FormatDuration(Duration duration);

// In double quotes, with control bytes and quotes escaped as TOML wants them. Text over `bytes_max`
// is cut and ends in "...".
std::string Quoted(std::string_view text, size_t bytes_max = SIZE_MAX);

}  // namespace belfry::config
