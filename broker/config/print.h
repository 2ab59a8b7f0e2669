// SPDX-License-Identifier: Apache-2.0
//
// A Config as a TOML file with every key, for --print-config: what it loads to is the same Config.
// Threads: Immutable function. It cannot fail.
#pragma once

#include <string>

#include "broker/config/config.h"

namespace belfry::config {

std::string Print(const Config& config);

}  // namespace belfry::config
