// SPDX-License-Identifier: Apache-2.0
#include "cli/json_writer.h"

#include <fmt/format.h>

#include <cmath>

#include "cli/text.h"

namespace belfry::cli {
namespace {

void AppendEscaped(std::string& out, std::string_view character) {
  const char c = character[0];
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
  } else {
    out += character;
  }
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  while (true) {
    const size_t plain = PlainLength(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const size_t length = Utf8Length(text);
    if (length == 0) {
      out += "\\ufffd";
      text.remove_prefix(1);
    } else {
      AppendEscaped(out, text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return out + "\"";
}

JsonObject& JsonObject::Raw(std::string_view name, std::string_view json) {
  if (!body_.empty()) body_ += ',';
  body_ += JsonString(name);
  body_ += ':';
  body_ += json;
  return *this;
}

JsonObject& JsonObject::Text(std::string_view name, std::string_view value) {
  return Raw(name, JsonString(value));
}

JsonObject& JsonObject::Number(std::string_view name, uint64_t value) {
  return Raw(name, fmt::format("{}", value));
}

JsonObject& JsonObject::Decimal(std::string_view name, double value, int decimals) {
  if (!std::isfinite(value)) return Null(name);
  return Raw(name, fmt::format("{:.{}f}", value, decimals));
}

JsonObject& JsonObject::Bool(std::string_view name, bool value) {
  return Raw(name, value ? "true" : "false");
}

JsonObject& JsonObject::Null(std::string_view name) { return Raw(name, "null"); }

JsonObject& JsonObject::OptionalText(std::string_view name,
                                     const std::optional<std::string>& value) {
  return value ? Text(name, *value) : Null(name);
}

JsonObject& JsonObject::OptionalNumber(std::string_view name,
                                       const std::optional<uint64_t>& value) {
  return value ? Number(name, *value) : Null(name);
}

}  // namespace belfry::cli
