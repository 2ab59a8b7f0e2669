// SPDX-License-Identifier: Apache-2.0
//
// The one table of keys. Reading a file, --set, --print-config, the suggestion for a mistyped key,
// reloads and the test of conf/belfry.toml all follow from it: a new key is one line here, one
// member in config.h (which holds its default) and one paragraph in conf/belfry.toml. A key of a
// later release does not stand here and is therefore an error, never accepted and ignored.
//
// Threads: Immutable.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "broker/config/config.h"

namespace belfry::config {

enum class KeyKind {
  kName,      // 1 to 64 of A-Z a-z 0-9 . _ -
  kPath,      // a file; relative to the working directory
  kAddress,   // host:port, numeric
  kSize,      // bytes
  kDuration,  // nanoseconds
  kInteger,
  kBoolean,
  kChoice,  // one of a few words
};

// The member of a Config that a key sets; its type follows from the kind.
using Field =
    std::variant<std::string* (*)(Config&), uint64_t* (*)(Config&), Duration* (*)(Config&),
                 bool* (*)(Config&), observability::LogLevel* (*)(Config&),
                 observability::LogFormat* (*)(Config&)>;

struct Key {
  std::string_view name;  // dotted: "limits.payload_bytes"
  KeyKind kind;
  Field field;
  // Both included, in the unit of the kind; meaningless for text, booleans and choices.
  uint64_t min = 0;
  uint64_t max = 0;
  bool may_be_empty = false;
  // Taken over by a reload (SIGHUP) without a restart.
  bool reloadable = false;
  std::string_view doc;
};

// In the order of conf/belfry.toml.
std::span<const Key> Keys();

// Null if there is none of that name.
const Key* FindKey(std::string_view name);

// True if `name` is a table that holds keys, as "limits" or "security.tls".
bool IsTable(std::string_view name);

// The key whose name takes the fewest edits from `name`, for the error about an unknown key.
const Key& NearestKey(std::string_view name);

}  // namespace belfry::config
