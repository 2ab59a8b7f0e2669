// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/escape.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

#include "common/topic/topic.h"

namespace belfry::observability {
namespace {

struct Character {
  std::string_view bytes;
  uint32_t code_point = 0;
  bool valid = false;  // false: one byte that is part of no character
};

uint32_t Decode(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  if (bytes.size() == 1) return byte(0);
  uint32_t code_point = byte(0) & (0x7Fu >> bytes.size());
  for (size_t i = 1; i < bytes.size(); ++i) code_point = code_point << 6 | (byte(i) & 0x3Fu);
  return code_point;
}

// `text` is not empty.
Character FirstCharacter(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {text.substr(0, 1), first, true};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  const std::string_view bytes = text.substr(0, length);
  // U+0080 to U+009F are well formed, but not plain text.
  const bool is_c1 =
      bytes.size() == 2 && first == 0xC2 && (static_cast<unsigned char>(bytes[1]) & 0xE0) == 0x80;
  if (bytes.size() == length && (is_c1 || IsPlainText(bytes))) return {bytes, Decode(bytes), true};
  return {text.substr(0, 1), 0, false};
}

bool IsHarmless(uint32_t code_point) {
  if (code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0)) return false;
  if (code_point == 0x200E || code_point == 0x200F) return false;  // direction marks
  if (code_point >= 0x2028 && code_point <= 0x202E) return false;  // separators, embeddings
  if (code_point >= 0x2066 && code_point <= 0x2069) return false;  // isolates
  return code_point != 0x061C && code_point != 0xFEFF;
}

// Calls `append` with each character up to the bound; true if the text was cut.
template <class Append>
bool ForEachCharacter(std::string_view text, Append append) {
  size_t used = 0;
  while (used < text.size()) {
    const Character character = FirstCharacter(text.substr(used));
    used += character.bytes.size();
    if (used > kFieldBytesMax) return true;
    append(character);
  }
  return false;
}

}  // namespace

std::string TextField(std::string_view value) {
  std::string out;
  bool quotes = value.empty();
  const auto append = [&](const Character& character) {
    if (!character.valid) {
      quotes = true;
      fmt::format_to(std::back_inserter(out), "\\x{:02X}",
                     static_cast<unsigned char>(character.bytes[0]));
    } else if (character.code_point == '\n') {
      quotes = true;
      out += "\\n";
    } else if (character.code_point == '"' || character.code_point == '\\') {
      quotes = true;
      out += '\\';
      out += character.bytes;
    } else if (!IsHarmless(character.code_point)) {
      quotes = true;
      fmt::format_to(std::back_inserter(out), "\\u{{{:X}}}", character.code_point);
    } else {
      if (character.code_point == ' ' || character.code_point == '=') quotes = true;
      out += character.bytes;
    }
  };
  if (ForEachCharacter(value, append)) out += "...";
  return quotes ? "\"" + out + "\"" : out;
}

std::string JsonField(std::string_view value) {
  std::string out = "\"";
  const auto append = [&](const Character& character) {
    if (!character.valid) {
      out += "\\ufffd";
    } else if (character.code_point == '"' || character.code_point == '\\') {
      out += '\\';
      out += character.bytes;
    } else if (!IsHarmless(character.code_point)) {
      // All of these lie below U+10000: one \u each.
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", character.code_point);
    } else {
      out += character.bytes;
    }
  };
  if (ForEachCharacter(value, append)) out += "...";
  out += '"';
  return out;
}

}  // namespace belfry::observability
