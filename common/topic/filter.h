// SPDX-License-Identifier: Apache-2.0
//
// What a subscription asks for: a kind, said explicitly and never guessed from the text, and a
// text.
//   kLiteral   exactly this topic; '*' and '>' mean themselves
//   kWildcard  segments split by '.'; "*" is exactly one segment, a last ">" one or more
//   kGlob      a Redis pattern on bytes (glob.h)
// Two filters are the same only if kind and text are the same.
//
// Threads: Thread-safe, pure functions; a Filter is a value. Ownership: a FilterView owns nothing,
// what it points at must outlive it. Fails: ValidateFilter says what is wrong and what to do about
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/status.h"

namespace belfry {

enum class FilterKind : uint8_t { kLiteral, kWildcard, kGlob };

struct FilterView {
  FilterKind kind = FilterKind::kLiteral;
  std::string_view text;

  friend bool operator==(const FilterView&, const FilterView&) = default;
};

struct Filter {
  FilterKind kind = FilterKind::kLiteral;
  std::string text;

  Filter() = default;
  Filter(FilterKind kind_in, std::string text_in) : kind(kind_in), text(std::move(text_in)) {}
  explicit Filter(FilterView view) : kind(view.kind), text(view.text) {}

  FilterView view() const { return {kind, text}; }
  operator FilterView() const {
    return view();
  }  // a Filter is at home wherever a view is asked for

  friend bool operator==(const Filter&, const Filter&) = default;
};

// More than any sensible tree of names is deep, and few enough that one filter stays cheap to
// match.
inline constexpr size_t kWildcardSegmentsMax = 64;
inline constexpr size_t kGlobStarsMax = 64;

// Literals follow the rules of topics, wildcards too, with "*" only as a whole segment and ">" only
// as the last whole one; globs are any bytes, the empty one included, within the limits of length
// and stars. The length's limit is the smaller of max_bytes and kTopicBytesMax. Code:
// INVALID_ARGUMENT.
Status ValidateFilter(FilterView filter, size_t max_bytes);

// One filter against one topic. For many filters there is FilterIndex. Linear in the topic for
// literals and wildcards; for globs see glob.h. Of a wildcard that ValidateFilter would refuse,
// whatever is not a whole "*" or a last whole ">" means itself.
bool Matches(FilterView filter, std::string_view topic);

// "literal", "wildcard", "glob".
std::string_view FilterKindName(FilterKind kind);

// For logs and messages: `wildcard "orders.>"`. Quotes, backslashes and bytes other than printable
// ASCII come out as \", \\ and \xNN; what lies beyond kFormattedFilterBytesMax bytes of text is cut
// to "...".
inline constexpr size_t kFormattedFilterBytesMax = 256;
std::string FormatFilter(FilterView filter);

}  // namespace belfry
