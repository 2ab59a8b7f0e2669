// SPDX-License-Identifier: Apache-2.0
//
// The manual page belfry(1), made from what --help is made from, so that it never lags behind.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "cli/command_reference.h"

namespace belfry::cli {

// In troff's man macros.
std::string ManualPage(const CommandReference& belfry, std::string_view version);

// Text as troff shows it: nothing in it is taken for a request or a ligature.
std::string TroffText(std::string_view text);

}  // namespace belfry::cli
