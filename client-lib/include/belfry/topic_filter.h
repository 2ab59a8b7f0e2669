// SPDX-License-Identifier: Apache-2.0
//
// Which topics a subscription wants. The kind is said, never guessed from the text.
//
// Threads: Immutable value. Errors: a malformed filter is refused by Client::Subscribe
// (on_refused).
#pragma once

#include <string>
#include <utility>

namespace belfry {

struct TopicFilter {
  enum class Kind {
    // The topic itself.
    kLiteral,
    // Segments split by '.'; '*' stands for one segment, a last '>' for one or more.
    kWildcard,
    // A Redis pattern on bytes: '*', '?', '[a-c]', '[^x]', '\' escapes.
    kGlob,
  };

  Kind kind = Kind::kLiteral;
  std::string text;

  friend bool operator==(const TopicFilter&, const TopicFilter&) = default;
};

inline TopicFilter Literal(std::string topic) {
  return {TopicFilter::Kind::kLiteral, std::move(topic)};
}
inline TopicFilter Wildcard(std::string text) {
  return {TopicFilter::Kind::kWildcard, std::move(text)};
}
inline TopicFilter Glob(std::string text) { return {TopicFilter::Kind::kGlob, std::move(text)}; }

}  // namespace belfry
