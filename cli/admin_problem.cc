// SPDX-License-Identifier: Apache-2.0
#include "cli/admin_problem.h"

#include <fmt/format.h>

#include "cli/text.h"
#include "common/connect_failure.h"

namespace belfry::cli {
namespace {

std::string_view Hint(ConnectFailureKind kind) {
  switch (kind) {
    case ConnectFailureKind::kOther:
      return "";
    case ConnectFailureKind::kMayWantTls:
      return "does the broker speak TLS there? then give --tls-ca";
    case ConnectFailureKind::kMayWantCertificate:
      return "the broker may want a client certificate, or another one: give --tls-cert";
    case ConnectFailureKind::kUntrusted:
      return "the broker's certificate is not signed by one of --tls-ca, or is out of date";
    case ConnectFailureKind::kNoTls:
      return "the broker does not speak TLS there: leave --tls-ca out";
    case ConnectFailureKind::kOtherName:
      return "give a name or address that the broker's certificate holds as --server";
  }
  return "";
}

}  // namespace

std::string ConnectFailure(std::string_view text, bool tls) {
  const std::string_view hint = Hint(KindOfConnectFailure(text, tls));
  if (const std::string_view last = LastConnectError(text); last.data() != nullptr) {
    text = WithoutConnectCode(last);
    // The address is told as it was given.
    const size_t address_end = text.find(": ");
    if (address_end != std::string_view::npos &&
        (text.starts_with("ipv4:") || text.starts_with("ipv6:"))) {
      text.remove_prefix(address_end + 2);
    }
  }
  std::string explained(text);
  if (!hint.empty()) explained.append("; ").append(hint);
  return explained;
}

std::string AdminProblem(const Status& status) {
  const std::string text = TerminalText(MessageOf(status));
  switch (status.code()) {
    case StatusCode::kUnavailable:
    case StatusCode::kDeadlineExceeded:
      if (const size_t hint = text.find("; "); hint != std::string::npos) {
        return fmt::format("no answer ({}){}", text.substr(0, hint), text.substr(hint));
      }
      return fmt::format("no answer ({}); start the broker or give another --server", text);
    case StatusCode::kUnimplemented:
      return fmt::format("the broker cannot tell ({}); is it older than this command?", text);
    default:
      // Most of what a broker answers says what to do.
      return text.find("; ") != std::string::npos ? text : text + "; look at the broker's log";
  }
}

}  // namespace belfry::cli
