// SPDX-License-Identifier: Apache-2.0
#include "cli/connect_problem.h"

#include <fmt/format.h>

#include "cli/text.h"
#include "common/error_code.h"

namespace belfry::cli {
namespace {

// The codes that a broker says. That it says nothing any more is noticed by both sides.
bool IsRefusal(uint32_t code) {
  return code >= 1 && code <= 99 && code != Error::kHeartbeatTimeout;
}

}  // namespace

std::string ConnectProblem(const GlobalOptions& global, const Error& reason) {
  const std::string servers = TerminalText(fmt::format("{}", fmt::join(global.servers, ",")));
  if (IsRefusal(reason.code)) {
    std::string text = TerminalText(reason.text);
    if (text.find("; ") == std::string::npos) {
      text += reason.retryable ? "; try again later" : "; see docs/errors.md";
    }
    return fmt::format("{} refuses ({}): {}", servers,
                       ErrorCodeName(static_cast<ErrorCode>(reason.code)), text);
  }
  return fmt::format("cannot reach {}{}; start the broker or give another --server", servers,
                     reason.text.empty() ? "" : fmt::format(" ({})", TerminalText(reason.text)));
}

}  // namespace belfry::cli
