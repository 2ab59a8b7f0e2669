// SPDX-License-Identifier: Apache-2.0
#include "broker/config/toml_entries.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "broker/config/value_text.h"

namespace belfry::config {
namespace {

// A part of a dotted key as TOML would write it: without quotes only if it may go without.
// Otherwise
// `"limits.payload_bytes" = 1` (one part with a dot in it) would pass for the key of that name.
std::string KeyPart(std::string_view part) {
  const bool bare = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return bare ? std::string(part) : Quoted(part);
}

std::string TypeWords(toml::node_type type) {
  switch (type) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    default:
      return "a date or time";
  }
}

Literal LiteralOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return {Literal::Type::kString, text->get()};
  if (const auto* number = node.as_integer()) {
    return {Literal::Type::kInteger, fmt::format("{}", number->get())};
  }
  if (const auto* flag = node.as_boolean()) {
    return {Literal::Type::kBoolean, flag->get() ? "true" : "false"};
  }
  return {Literal::Type::kOther, TypeWords(node.type())};
}

// Recursion is bounded by toml++, which refuses deeply nested values.
void Collect(const toml::table& table, const std::string& prefix, std::vector<TomlEntry>& out) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + KeyPart(name.str());
    const toml::table* inner = node.as_table();
    if (inner != nullptr && !inner->empty()) {
      Collect(*inner, key + ".", out);
      continue;
    }
    out.push_back(
        {key, static_cast<int>(name.source().begin.line), LiteralOf(node), inner != nullptr});
  }
}

}  // namespace

StatusOr<std::vector<TomlEntry>> ParseTomlEntries(std::string_view text, const std::string& file) {
  // toml++ as Debian builds it reports by exception; it ends here.
  try {
    std::vector<TomlEntry> entries;
    Collect(toml::parse(text, file), "", entries);
    // toml++ sorts by name; the reader of an error goes through the file from the top.
    std::stable_sort(entries.begin(), entries.end(),
                     [](const TomlEntry& a, const TomlEntry& b) { return a.line < b.line; });
    return entries;
  } catch (const toml::parse_error& error) {
    return InvalidArgument(fmt::format("{}:{}: {}", file, error.source().begin.line,
                                       std::string(error.description())));
  }
}

}  // namespace belfry::config
