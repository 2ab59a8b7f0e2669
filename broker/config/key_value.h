// SPDX-License-Identifier: Apache-2.0
//
// What can be done with the value of any key, by its kind: set it from a literal, write it, say
// what is allowed, carry it from one Config to another.
//
// Threads: Immutable functions; each works on the Config it is given.
// How it fails: SetValue returns false and leaves the Config as it was; the caller says where the
// literal stood.
#pragma once

#include <string>
#include <string_view>

#include "broker/config/key_table.h"

namespace belfry::config {

// A value as it was written. kAny comes from --set, where a shell has taken the quotes away and the
// kind of the key decides.
struct Literal {
  enum class Type { kAny, kString, kInteger, kBoolean, kOther };
  Type type = Type::kAny;
  std::string text;
};

// False if the literal is not one of the allowed values.
bool SetValue(Config& config, const Key& key, const Literal& literal);

// What SetValue takes, as the end of a sentence: "a size from 1B to 16MiB, as 65536 or \"64KiB\"".
std::string AllowedValues(const Key& key);

// The value as a TOML literal; SetValue takes it back.
std::string ValueText(Config config, const Key& key);

// Copies the value of one key.
void CopyValue(Config from, Config& to, const Key& key);

}  // namespace belfry::config
