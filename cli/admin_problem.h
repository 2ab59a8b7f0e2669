// SPDX-License-Identifier: Apache-2.0
//
// What to say when a question to the Admin service failed.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "common/status.h"

namespace belfry::cli {

// "what is wrong; what to do", safe to show, without "belfry: ".
std::string AdminProblem(const Status& status);

}  // namespace belfry::cli
