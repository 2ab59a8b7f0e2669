// SPDX-License-Identifier: Apache-2.0
//
// Matching written the slow and obvious way, from the definitions and not from the product's code,
// so that the two can be compared. Recursive; only for short texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/topic/filter.h"

namespace belfry::naive {

inline std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> segments(1);
  for (const char c : text) {
    if (c == '.') {
      segments.emplace_back();
    } else {
      segments.back() += c;
    }
  }
  return segments;
}

inline bool WildcardMatches(std::string_view filter, std::string_view topic) {
  const std::vector<std::string> want = Split(filter);
  const std::vector<std::string> have = Split(topic);
  for (size_t i = 0; i < want.size(); ++i) {
    if (i >= have.size()) return false;
    if (want[i] == ">" && i + 1 == want.size()) return true;
    if (want[i] != "*" && want[i] != have[i]) return false;
  }
  return want.size() == have.size();
}

// A class's bytes, '[' taken off, as Redis reads them: returns what follows it.
inline std::string_view ReadClass(std::string_view p, char byte, bool* fits) {
  bool negated = false;
  if (!p.empty() && p[0] == '^') {
    negated = true;
    p.remove_prefix(1);
  }
  bool found = false;
  for (;;) {
    if (p.size() >= 2 && p[0] == '\\') {
      if (p[1] == byte) found = true;
      p.remove_prefix(2);
    } else if (p.empty()) {
      break;
    } else if (p[0] == ']') {
      p.remove_prefix(1);
      break;
    } else if (p.size() >= 3 && p[1] == '-') {
      int low = static_cast<int8_t>(p[0]);
      int high = static_cast<int8_t>(p[2]);
      if (low > high) std::swap(low, high);
      if (static_cast<int8_t>(byte) >= low && static_cast<int8_t>(byte) <= high) found = true;
      p.remove_prefix(3);
    } else {
      if (p[0] == byte) found = true;
      p.remove_prefix(1);
    }
  }
  *fits = found != negated;
  return p;
}

inline bool GlobRestMatches(std::string_view p, std::string_view t) {
  if (p.empty()) return t.empty();
  if (p[0] == '*') {
    return GlobRestMatches(p.substr(1), t) || (!t.empty() && GlobRestMatches(p, t.substr(1)));
  }
  if (t.empty()) return false;
  bool fits = false;
  std::string_view after = p.substr(1);
  if (p[0] == '?') {
    fits = true;
  } else if (p[0] == '[') {
    after = ReadClass(after, t[0], &fits);
  } else if (p[0] == '\\' && p.size() >= 2) {
    fits = p[1] == t[0];
    after = p.substr(2);
  } else {
    fits = p[0] == t[0];
  }
  return fits && GlobRestMatches(after, t.substr(1));
}

inline bool Matches(FilterView filter, std::string_view topic) {
  switch (filter.kind) {
    case FilterKind::kLiteral:
      return filter.text == topic;
    case FilterKind::kWildcard:
      return WildcardMatches(filter.text, topic);
    case FilterKind::kGlob:
      return topic.empty() ? filter.text.empty() : GlobRestMatches(filter.text, topic);
  }
  return false;
}

}  // namespace belfry::naive
