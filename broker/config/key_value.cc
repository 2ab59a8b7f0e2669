// SPDX-License-Identifier: Apache-2.0
#include "broker/config/key_value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <span>

#include "broker/config/address.h"
#include "broker/config/value_text.h"
#include "common/check.h"
#include "common/topic/topic.h"

namespace belfry::config {
namespace {

constexpr size_t kNameBytesMax = 64;
constexpr size_t kPathBytesMax = 4096;  // Linux's PATH_MAX

// In the order of the enumerators.
constexpr std::string_view kLevelWords[] = {"debug", "info", "warn", "error"};
constexpr std::string_view kFormatWords[] = {"text", "json"};

template <class Enum>
std::span<const std::string_view> Words() {
  if constexpr (std::is_same_v<Enum, observability::LogLevel>) {
    return kLevelWords;
  } else {
    return kFormatWords;
  }
}

bool IsName(std::string_view text) {
  return text.size() <= kNameBytesMax && !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '_' || c == '-';
         });
}

bool TextIsAllowed(const Key& key, std::string_view text) {
  if (text.empty()) return key.may_be_empty;
  switch (key.kind) {
    case KeyKind::kName:
      return IsName(text);
    case KeyKind::kAddress:
      return ParseAddress(text).ok();
    default:
      return text.size() <= kPathBytesMax && IsPlainText(text);
  }
}

bool InBounds(const Key& key, uint64_t value) { return value >= key.min && value <= key.max; }

bool Accepts(Literal::Type given, std::initializer_list<Literal::Type> wanted) {
  return given == Literal::Type::kAny ||
         std::find(wanted.begin(), wanted.end(), given) != wanted.end();
}

// One overload for each type of member.
bool SetMember(const Key& key, const Literal& literal, std::string& member) {
  if (!Accepts(literal.type, {Literal::Type::kString})) return false;
  if (!TextIsAllowed(key, literal.text)) return false;
  member = literal.text;
  return true;
}

bool SetMember(const Key& key, const Literal& literal, uint64_t& member) {
  std::optional<uint64_t> value;
  if (key.kind == KeyKind::kSize) {
    if (!Accepts(literal.type, {Literal::Type::kString, Literal::Type::kInteger})) return false;
    value = ParseSize(literal.text);
  } else {
    if (!Accepts(literal.type, {Literal::Type::kInteger})) return false;
    value = ParseInteger(literal.text);
  }
  if (!value || !InBounds(key, *value)) return false;
  member = *value;
  return true;
}

bool SetMember(const Key& key, const Literal& literal, Duration& member) {
  if (!Accepts(literal.type, {Literal::Type::kString})) return false;
  const std::optional<Duration> value = ParseDuration(literal.text);
  if (!value || !InBounds(key, static_cast<uint64_t>(value->count()))) return false;
  member = *value;
  return true;
}

bool SetMember(const Key&, const Literal& literal, bool& member) {
  if (!Accepts(literal.type, {Literal::Type::kBoolean})) return false;
  if (literal.text != "true" && literal.text != "false") return false;
  member = literal.text == "true";
  return true;
}

template <class Enum>
bool SetMember(const Key&, const Literal& literal, Enum& member) {
  if (!Accepts(literal.type, {Literal::Type::kString})) return false;
  const auto words = Words<Enum>();
  const auto found = std::find(words.begin(), words.end(), literal.text);
  if (found == words.end()) return false;
  member = static_cast<Enum>(found - words.begin());
  return true;
}

std::string MemberText(const Key&, const std::string& member) { return Quoted(member); }
std::string MemberText(const Key& key, uint64_t member) {
  return key.kind == KeyKind::kSize ? Quoted(FormatSize(member)) : fmt::format("{}", member);
}
std::string MemberText(const Key&, Duration member) { return Quoted(FormatDuration(member)); }
std::string MemberText(const Key&, bool member) { return member ? "true" : "false"; }
template <class Enum>
std::string MemberText(const Key&, Enum member) {
  return Quoted(Words<Enum>()[static_cast<size_t>(member)]);
}

template <class Enum>
std::string ChoiceText(Enum* (*)(Config&)) {
  return fmt::format("one of \"{}\"", fmt::join(Words<Enum>(), "\", \""));
}
std::string ChoicesOf(const Key& key) {
  if (const auto* level = std::get_if<observability::LogLevel* (*)(Config&)>(&key.field)) {
    return ChoiceText(*level);
  }
  const auto* format = std::get_if<observability::LogFormat* (*)(Config&)>(&key.field);
  BELFRY_CHECK(format != nullptr);
  return ChoiceText(*format);
}

std::string AllowedNonEmpty(const Key& key) {
  switch (key.kind) {
    case KeyKind::kName:
      return "1 to 64 of the characters A-Z, a-z, 0-9, \".\", \"_\" and \"-\"";
    case KeyKind::kPath:
      return "the path of a file, in UTF-8 without control characters";
    case KeyKind::kAddress:
      return "a numeric address as \"127.0.0.1:7450\" (write that instead of localhost), "
             "\"[::1]:7450\" or \"0.0.0.0:7450\", port 0 to 65535";
    case KeyKind::kSize:
      return fmt::format("a size from {} to {}, as 65536 or \"64KiB\" (units KiB, MiB, GiB, TiB)",
                         FormatSize(key.min), FormatSize(key.max));
    case KeyKind::kDuration:
      return fmt::format("a duration from {} to {}, as \"250ms\" or \"5s\" (units ms, s, m, h, d)",
                         FormatDuration(Duration(static_cast<int64_t>(key.min))),
                         FormatDuration(Duration(static_cast<int64_t>(key.max))));
    case KeyKind::kInteger:
      return fmt::format("a whole number from {} to {}", key.min, key.max);
    case KeyKind::kBoolean:
      return "true or false";
    case KeyKind::kChoice:
      return ChoicesOf(key);
  }
  BELFRY_CHECK(false);
  __builtin_unreachable();
}

}  // namespace

bool SetValue(Config& config, const Key& key, const Literal& literal) {
  return std::visit([&](auto field) { return SetMember(key, literal, *field(config)); }, key.field);
}

std::string AllowedValues(const Key& key) {
  std::string text = AllowedNonEmpty(key);
  if (key.may_be_empty) text += ", or \"\"";
  return text;
}

std::string ValueText(Config config, const Key& key) {
  return std::visit([&](auto field) { return MemberText(key, *field(config)); }, key.field);
}

void CopyValue(Config from, Config& to, const Key& key) {
  std::visit([&](auto field) { *field(to) = *field(from); }, key.field);
}

}  // namespace belfry::config
