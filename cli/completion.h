// SPDX-License-Identifier: Apache-2.0
//
// The script that completes `belfry` in bash: its commands, their options, and values that are
// known beforehand.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "cli/command_reference.h"

namespace belfry::cli {

std::string BashCompletion(const CommandReference& belfry);

}  // namespace belfry::cli
