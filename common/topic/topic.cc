// SPDX-License-Identifier: Apache-2.0
#include "common/topic/topic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace belfry {
namespace {

constexpr uint64_t kLowBits = 0x0101010101010101;
constexpr uint64_t kHighBits = 0x8080808080808080;

// True if all eight bytes are printable ASCII (0x20..0x7E). Each term sets a byte's high bit when
// that byte is below 0x20, is 0x7F, or is not ASCII; a borrow can only come from a byte that
// already did. Source: "Bit Twiddling Hacks" (hasless, haszero), S. E. Anderson.
bool EightPlain(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  const uint64_t below_space = (word - kLowBits * 0x20) & ~word;
  const uint64_t delete_at_zero = word ^ (kLowBits * 0x7F);
  const uint64_t is_delete = (delete_at_zero - kLowBits) & ~delete_at_zero;
  return ((below_space | is_delete | word) & kHighBits) == 0;
}

uint8_t ByteAt(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

bool IsContinuation(std::string_view text, size_t at) {
  return at < text.size() && (ByteAt(text, at) & 0xC0) == 0x80;
}

// Length of the well-formed multi-byte character at `at`, or 0. The second byte's range is what
// excludes overlong forms (E0, F0), surrogates (ED) and what lies above U+10FFFF (F4); C0, C1 and
// F5.. start none.
size_t MultiByteLength(std::string_view text, size_t at) {
  const uint8_t first = ByteAt(text, at);
  if (first < 0xC2 || first > 0xF4 || !IsContinuation(text, at + 1)) return 0;
  if (first < 0xE0) return 2;
  const uint8_t second = ByteAt(text, at + 1);
  if (!IsContinuation(text, at + 2)) return 0;
  if (first < 0xF0) {
    if (first == 0xE0 && second < 0xA0) return 0;
    if (first == 0xED && second > 0x9F) return 0;
    return 3;
  }
  if (!IsContinuation(text, at + 3)) return 0;
  if (first == 0xF0 && second < 0x90) return 0;
  if (first == 0xF4 && second > 0x8F) return 0;
  return 4;
}

bool IsC1(std::string_view text, size_t at) {
  return ByteAt(text, at) == 0xC2 && ByteAt(text, at + 1) < 0xA0;
}

// Offset of the first byte that is part of no allowed character, or npos.
size_t FirstBadByte(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && EightPlain(text.data() + at)) {
      at += 8;
      continue;
    }
    const uint8_t byte = ByteAt(text, at);
    if (byte < 0x80) {
      if (byte < 0x20 || byte == 0x7F) return at;
      ++at;
      continue;
    }
    const size_t length = MultiByteLength(text, at);
    if (length == 0 || IsC1(text, at)) return at;
    at += length;
  }
  return std::string_view::npos;
}

}  // namespace

bool IsPlainText(std::string_view text) { return FirstBadByte(text) == std::string_view::npos; }

bool IsDoorTopic(std::string_view topic) {
  return !topic.empty() && topic[0] != '$' && FirstBadByte(topic) == std::string_view::npos;
}

Status ValidateDoorText(std::string_view what, std::string_view text, size_t max_bytes) {
  const size_t limit = std::min(max_bytes, kTopicBytesMax);
  if (text.empty())
    return InvalidArgument(fmt::format("{} is empty; name at least one segment", what));
  if (text.size() > limit) {
    return InvalidArgument(
        fmt::format("{} is {} bytes long, the limit is {}; shorten it", what, text.size(), limit));
  }
  if (text[0] == '$') {
    return InvalidArgument(
        fmt::format("{} starts with '$', which is reserved; choose another first character", what));
  }
  const size_t bad = FirstBadByte(text);
  if (bad == std::string_view::npos) return absl::OkStatus();
  const uint8_t byte = ByteAt(text, bad);
  if (byte < 0x80 || MultiByteLength(text, bad) != 0) {
    const uint8_t code = byte < 0x80 ? byte : ByteAt(text, bad + 1);  // C1: C2 80..9F is U+0080..9F
    return InvalidArgument(fmt::format(
        "{} has the control character U+{:04X} at byte {}; remove it", what, code, bad));
  }
  return InvalidArgument(fmt::format(
      "{} is not valid UTF-8 at byte {} (0x{:02X}); encode it as UTF-8", what, bad, byte));
}

Status ValidateTopic(std::string_view topic, size_t max_bytes) {
  return ValidateDoorText("topic", topic, max_bytes);
}

}  // namespace belfry
