// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <fmt/format.h>

#include <cstdint>

namespace belfry::cli {
namespace {

uint8_t ByteAt(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

// `text` holds one well-formed character.
uint32_t CodePointOf(std::string_view text) {
  if (text.size() == 1) return ByteAt(text, 0);
  uint32_t code = ByteAt(text, 0) & (0xffu >> (text.size() + 1));
  for (size_t i = 1; i < text.size(); ++i) code = (code << 6) | (ByteAt(text, i) & 0x3fu);
  return code;
}

bool IsPlain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

bool IsSafeOnTerminal(uint32_t code) {
  if (code < 0x20) return code == '\t';
  if (code >= 0x7f && code < 0xa0) return false;  // DEL and C1, 0x9b among them: a one-byte CSI
  if (code >= 0x2028 && code <= 0x202e) return false;  // separators; embeddings and overrides
  if (code >= 0x2066 && code <= 0x2069) return false;  // isolates
  return code != 0x200e && code != 0x200f && code != 0xfeff;
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  if (text.empty()) return 0;
  const uint8_t first = ByteAt(text, 0);
  if (first < 0x80) return 1;
  size_t length = 0;
  // The second byte's range excludes overlong forms, surrogates and what lies above U+10FFFF.
  uint8_t low = 0x80;
  uint8_t high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  }
  if (length == 0 || text.size() < length) return 0;
  if (ByteAt(text, 1) < low || ByteAt(text, 1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((ByteAt(text, i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

size_t PlainLength(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && IsPlain(text[length])) ++length;
  return length;
}

bool IsUtf8(std::string_view bytes) {
  while (true) {
    bytes.remove_prefix(PlainLength(bytes));
    if (bytes.empty()) break;
    const size_t length = Utf8Length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string Base64(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    uint32_t group = uint32_t{ByteAt(bytes, i)} << 16;
    if (left > 1) group |= uint32_t{ByteAt(bytes, i + 1)} << 8;
    if (left > 2) group |= ByteAt(bytes, i + 2);
    out += kDigits[group >> 18];
    out += kDigits[(group >> 12) & 63];
    out += left > 1 ? kDigits[(group >> 6) & 63] : '=';
    out += left > 2 ? kDigits[group & 63] : '=';
  }
  return out;
}

std::string TerminalText(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (true) {
    const size_t plain = PlainLength(bytes);
    out += bytes.substr(0, plain);
    bytes.remove_prefix(plain);
    if (bytes.empty()) break;
    const size_t length = Utf8Length(bytes);
    if (length == 0) {
      out += fmt::format("\\x{:02x}", ByteAt(bytes, 0));
      bytes.remove_prefix(1);
      continue;
    }
    const std::string_view character = bytes.substr(0, length);
    const uint32_t code = CodePointOf(character);
    if (code == '\n') {
      out += "\\n";
    } else if (code == '\r') {
      out += "\\r";
    } else if (code == '\\') {
      out += "\\\\";
    } else if (IsSafeOnTerminal(code)) {
      out += character;
    } else if (code < 0x80) {
      out += fmt::format("\\x{:02x}", code);
    } else {
      out += fmt::format("\\u{{{:x}}}", code);
    }
    bytes.remove_prefix(length);
  }
  return out;
}

}  // namespace belfry::cli
