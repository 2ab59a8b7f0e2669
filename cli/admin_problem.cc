// SPDX-License-Identifier: Apache-2.0
#include "cli/admin_problem.h"

#include <fmt/format.h>

#include "cli/text.h"

namespace belfry::cli {

std::string AdminProblem(const Status& status) {
  const std::string text = TerminalText(MessageOf(status));
  switch (status.code()) {
    case StatusCode::kUnavailable:
    case StatusCode::kDeadlineExceeded:
      return fmt::format("no answer ({}); start the broker or give another --server", text);
    case StatusCode::kUnimplemented:
      return fmt::format("the broker cannot tell ({}); is it older than this command?", text);
    default:
      // Most of what a broker answers says what to do.
      return text.find("; ") != std::string::npos ? text : text + "; look at the broker's log";
  }
}

}  // namespace belfry::cli
