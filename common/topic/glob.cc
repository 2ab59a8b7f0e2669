// SPDX-License-Identifier: Apache-2.0
#include "common/topic/glob.h"

#include <cstdint>
#include <cstring>
#include <utility>

namespace belfry {
namespace {

constexpr size_t kNowhere = std::string_view::npos;

// Reads the element at `at` (not a star): one byte, '?', an escape or a class. Each stands for
// exactly one byte of the topic. Says where it ends, and whether `byte` fits it.
size_t ReadElement(std::string_view pattern, size_t at, char byte, bool* fits) {
  switch (pattern[at]) {
    case '?':
      *fits = true;
      return at + 1;
    case '[':
      break;
    case '\\':
      if (at + 1 < pattern.size()) ++at;  // a last backslash means itself
      [[fallthrough]];
    default:
      *fits = pattern[at] == byte;
      return at + 1;
  }
  ++at;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    const size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      found |= pattern[at + 1] == byte;
      at += 2;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      // Signed on every machine, so that all nodes of a cluster agree with Redis on x86-64. The
      // range's end may be any byte, ']' and '\' too.
      auto low = static_cast<int8_t>(pattern[at]);
      auto high = static_cast<int8_t>(pattern[at + 2]);
      if (low > high) std::swap(low, high);
      const auto value = static_cast<int8_t>(byte);
      found |= low <= value && value <= high;
      at += 3;
    } else {
      found |= pattern[at] == byte;
      ++at;
    }
  }
  *fits = found != negated;
  return at < pattern.size() ? at + 1 : at;
}

// A run of elements between two stars, or between a star and an end of the pattern.
struct Piece {
  std::string_view text;
  size_t length;  // in elements, so in bytes of topic
  bool plain;     // each byte stands for itself
};

Piece PieceAt(std::string_view pattern, size_t begin) {
  Piece piece{{}, 0, true};
  size_t at = begin;
  while (at < pattern.size() && pattern[at] != '*') {
    const char first = pattern[at];
    piece.plain = piece.plain && first != '?' && first != '[' && first != '\\';
    bool ignored;
    at = ReadElement(pattern, at, 0, &ignored);
    ++piece.length;
  }
  piece.text = pattern.substr(begin, at - begin);
  return piece;
}

struct NoCount {
  void Add(size_t) {}
};
struct StepCount {
  size_t* steps;
  void Add(size_t count) { *steps += count; }
};

// Whether the piece fits the bytes that start at `topic` (there are at least piece.length of them).
template <class Count>
bool FitsAt(const Piece& piece, const char* topic, Count count) {
  if (piece.plain) {
    count.Add(piece.length);
    return piece.length == 0 || std::memcmp(piece.text.data(), topic, piece.length) == 0;
  }
  for (size_t at = 0; at < piece.text.size(); ++topic) {
    count.Add(1);
    bool fits;
    at = ReadElement(piece.text, at, *topic, &fits);
    if (!fits) return false;
  }
  return true;
}

// Leftmost place at or after `from` where the piece fits, or kNowhere.
template <class Count>
size_t FindPiece(const Piece& piece, std::string_view topic, size_t from, Count count) {
  if (piece.plain) {
    // glibc's memmem is the two-way search: linear whatever the bytes are.
    const void* found =
        ::memmem(topic.data() + from, topic.size() - from, piece.text.data(), piece.length);
    const size_t at = found == nullptr ? kNowhere : static_cast<const char*>(found) - topic.data();
    count.Add((found == nullptr ? topic.size() : at + piece.length) - from);
    return at;
  }
  for (; topic.size() - from >= piece.length; ++from) {
    if (FitsAt(piece, topic.data() + from, count)) return from;
  }
  return kNowhere;
}

template <class Count>
bool Run(std::string_view pattern, std::string_view topic, Count count) {
  Piece piece = PieceAt(pattern, 0);
  size_t at = piece.text.size();
  if (at == pattern.size() && piece.length != topic.size()) return false;
  if (piece.length > topic.size() || !FitsAt(piece, topic.data(), count)) return false;
  if (at == pattern.size()) return true;
  size_t used = piece.length;
  for (;;) {
    while (at < pattern.size() && pattern[at] == '*') ++at;
    if (at == pattern.size()) return true;
    piece = PieceAt(pattern, at);
    at += piece.text.size();
    if (piece.length > topic.size() - used) return false;
    if (at == pattern.size()) {
      return FitsAt(piece, topic.data() + topic.size() - piece.length, count);
    }
    const size_t place = FindPiece(piece, topic, used, count);
    if (place == kNowhere) return false;
    used = place + piece.length;
  }
}

}  // namespace

bool GlobMatches(std::string_view pattern, std::string_view topic) {
  if (topic.empty()) return pattern.empty();
  return GlobRestMatches(pattern, topic);
}

bool GlobRestMatches(std::string_view pattern, std::string_view topic) {
  return Run(pattern, topic, NoCount{});
}

bool GlobRestMatchesCounted(std::string_view pattern, std::string_view topic, size_t* steps) {
  return Run(pattern, topic, StepCount{steps});
}

GlobPrefix LiteralPrefixOf(std::string_view pattern) {
  GlobPrefix prefix;
  size_t at = 0;
  while (at < pattern.size()) {
    const char byte = pattern[at];
    if (byte == '*' || byte == '?' || byte == '[') break;
    if (byte == '\\' && at + 1 < pattern.size()) ++at;
    prefix.bytes.push_back(pattern[at]);
    ++at;
  }
  prefix.rest = at;
  return prefix;
}

size_t CountGlobStars(std::string_view pattern) {
  size_t stars = 0;
  for (size_t at = 0; at < pattern.size();) {
    if (pattern[at] == '*') {
      ++stars;
      while (at < pattern.size() && pattern[at] == '*') ++at;
    } else {
      at += PieceAt(pattern, at).text.size();
    }
  }
  return stars;
}

}  // namespace belfry
