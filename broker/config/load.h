// SPDX-License-Identifier: Apache-2.0
//
// From a file and the command line to a Config: defaults, then the file, then each --set in its
// order (a later one wins over an earlier one for the same key). All of it is checked before any of
// it is returned.
//
// Threads: Immutable function; reads the file and the machine's name.
// How it fails: one line that names file and line (or --set), the key, the value and what is
// allowed; for an unknown key the nearest known one. NOT_FOUND and FAILED_PRECONDITION for a file
// that cannot be read, INVALID_ARGUMENT for what stands in it.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "broker/config/config.h"
#include "common/status.h"

namespace belfry::config {

// `sets` are "key=value", the value without quotes.
StatusOr<Config> Load(const std::optional<std::string>& path, std::span<const std::string> sets);

// As Load, for a text that is already in memory; `file` is its name in errors.
StatusOr<Config> LoadText(std::string_view text, const std::string& file,
                          std::span<const std::string> sets);

}  // namespace belfry::config
