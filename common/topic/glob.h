// SPDX-License-Identifier: Apache-2.0
//
// Redis's glob patterns, on bytes: '*' any number of bytes, '?' one, '[abc]', '[a-c]', '[^x]' one
// of or none of a class, '\' takes the next byte as it is. Meaning as in Redis 7.0.15 on x86-64,
// odd corners included: an unterminated class ends with the pattern, "[]" matches nothing, range
// ends are compared as signed bytes and may stand in either order, and an *empty* topic matches
// only the empty pattern (not "*").
//
// How: a pattern is pieces split by stars. The first is tried at the topic's start, the last at its
// end, each one between at the leftmost place that fits: no recursion, no retry of an earlier star.
// A piece of plain bytes is searched in linear time; one with '?', '[' or '\' costs topic × piece
// at most. Threads: Thread-safe, pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace belfry {

bool GlobMatches(std::string_view pattern, std::string_view topic);

// The same for what is left of both after a common literal prefix: here "*" matches an empty rest.
bool GlobRestMatches(std::string_view pattern, std::string_view topic);
// And with the work counted: one step per byte looked at, added to *steps.
bool GlobRestMatchesCounted(std::string_view pattern, std::string_view topic, size_t* steps);

// The bytes that every match starts with (escapes taken away), and where in the pattern the rest
// begins.
struct GlobPrefix {
  std::string bytes;
  size_t rest;
};
GlobPrefix LiteralPrefixOf(std::string_view pattern);

// Stars that act as stars; neighbours count once, as they mean the same as one.
size_t CountGlobStars(std::string_view pattern);

}  // namespace belfry
