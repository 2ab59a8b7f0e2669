// SPDX-License-Identifier: Apache-2.0
//
// A TOML text as a flat list of what it sets, in the order of the text. The one place that knows
// toml++.
//
// Threads: Immutable function. How it fails: INVALID_ARGUMENT "FILE:LINE: what is wrong" for a text
// that is not TOML, a key that is set twice included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/config/key_value.h"
#include "common/status.h"

namespace belfry::config {

struct TomlEntry {
  std::string key;  // dotted; a part that needs quotes in TOML keeps them
  int line = 0;     // from 1
  Literal literal;  // text: without quotes for strings, a word as "a table" for kOther
  bool is_table = false;
};

// Values that stand directly in tables, arrays as a whole (kOther), and tables without any content.
StatusOr<std::vector<TomlEntry>> ParseTomlEntries(std::string_view text, const std::string& file);

}  // namespace belfry::config
