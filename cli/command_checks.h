// SPDX-License-Identifier: Apache-2.0
//
// From what was typed to what is meant: everything that can be wrong with a command line and that
// no single option can tell by itself.
//
// Threads: pure functions.
// Errors: INVALID_ARGUMENT with a text that says what is wrong and what to write.
#pragma once

#include <string_view>

#include "cli/options.h"
#include "cli/raw_options.h"
#include "common/status.h"

namespace belfry::cli {

StatusOr<GlobalOptions> CheckGlobal(const RawOptions& raw);

// `path` names a command of the tree: "session kick".
StatusOr<Command> CheckCommand(std::string_view path, const RawOptions& raw);

}  // namespace belfry::cli
