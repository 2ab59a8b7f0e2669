// SPDX-License-Identifier: Apache-2.0
#include "broker/config/print.h"

#include <fmt/format.h>

#include <iterator>

#include "broker/config/key_table.h"
#include "broker/config/key_value.h"

namespace belfry::config {

std::string Print(const Config& config) {
  std::string text;
  std::string_view table;
  for (const Key& key : Keys()) {
    const size_t dot = key.name.rfind('.');
    if (const std::string_view own = key.name.substr(0, dot); own != table) {
      fmt::format_to(std::back_inserter(text), "{}[{}]\n", table.empty() ? "" : "\n", own);
      table = own;
    }
    fmt::format_to(std::back_inserter(text), "{} = {}\n", key.name.substr(dot + 1),
                   ValueText(config, key));
  }
  return text;
}

}  // namespace belfry::config
