// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/naive_match.h"

#include <string>
#include <vector>

namespace belfry::sim {
namespace {

std::vector<std::string> Segments(std::string_view text) {
  std::vector<std::string> segments(1);
  for (const char c : text) {
    if (c == '.') {
      segments.emplace_back();
    } else {
      segments.back().push_back(c);
    }
  }
  return segments;
}

bool WildcardMatches(std::string_view filter, std::string_view topic) {
  const std::vector<std::string> want = Segments(filter);
  const std::vector<std::string> have = Segments(topic);
  for (size_t i = 0; i < want.size(); ++i) {
    if (i >= have.size()) return false;
    if (want[i] == ">" && i + 1 == want.size()) return true;
    if (want[i] != "*" && want[i] != have[i]) return false;
  }
  return want.size() == have.size();
}

// Without escapes and ranges, which the simulation's filters do not use.
bool GlobMatches(std::string_view glob, std::string_view topic) {
  if (glob.empty()) return topic.empty();
  if (glob[0] == '*') {
    for (size_t i = 0; i <= topic.size(); ++i) {
      if (GlobMatches(glob.substr(1), topic.substr(i))) return true;
    }
    return false;
  }
  if (topic.empty()) return false;
  size_t used = 1;
  bool matches = glob[0] == '?' || glob[0] == topic[0];
  if (glob[0] == '[') {
    const size_t end = glob.find(']');
    matches = glob.substr(1, end - 1).find(topic[0]) != std::string_view::npos;
    used = end + 1;
  }
  return matches && GlobMatches(glob.substr(used), topic.substr(1));
}

}  // namespace

bool NaiveMatches(FilterView filter, std::string_view topic) {
  switch (filter.kind) {
    case FilterKind::kLiteral:
      return filter.text == topic;
    case FilterKind::kWildcard:
      return WildcardMatches(filter.text, topic);
    case FilterKind::kGlob:
      return GlobMatches(filter.text, topic);
  }
  return false;
}

}  // namespace belfry::sim
