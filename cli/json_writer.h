// SPDX-License-Identifier: Apache-2.0
//
// Writes one JSON object as one line. Whatever the text given, the line is valid JSON in valid
// UTF-8: quotes, backslashes and control characters are escaped, bytes that are not UTF-8 become
// U+FFFD (callers that must not lose them check IsUtf8 and write base64 instead).
//
// Use: JsonObject().Text("type", "gap").Null("topic").Line()
// Threads: Confined to its owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace belfry::cli {

// The text as a JSON string, with its quotes.
std::string JsonString(std::string_view text);

class JsonObject {
 public:
  JsonObject& Text(std::string_view name, std::string_view value);
  JsonObject& Number(std::string_view name, uint64_t value);
  // Rounded to `decimals` places; not-a-number and infinities become null.
  JsonObject& Decimal(std::string_view name, double value, int decimals);
  JsonObject& Bool(std::string_view name, bool value);
  JsonObject& Null(std::string_view name);
  JsonObject& OptionalText(std::string_view name, const std::optional<std::string>& value);
  JsonObject& OptionalNumber(std::string_view name, const std::optional<uint64_t>& value);
  // `json` is written as it is: an object or an array that was made the same way.
  JsonObject& Raw(std::string_view name, std::string_view json);

  // The object, without a line break.
  std::string Line() const { return "{" + body_ + "}"; }

 private:
  std::string body_;
};

}  // namespace belfry::cli
