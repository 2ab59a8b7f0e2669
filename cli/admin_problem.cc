// SPDX-License-Identifier: Apache-2.0
#include "cli/admin_problem.h"

#include <fmt/format.h>

#include <initializer_list>

#include "cli/text.h"

namespace belfry::cli {
namespace {

constexpr std::string_view kLastError = "last error: ";

bool Contains(std::string_view text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) {
    if (text.find(part) != std::string_view::npos) return true;
  }
  return false;
}

std::string_view Hint(std::string_view text, bool tls) {
  const bool cut = Contains(text, {"Connection reset", "Socket closed", "Endpoint read failed"});
  if (!tls) return cut ? "does the broker speak TLS there? then give --tls-ca" : "";
  if (Contains(text, {"certificate verify failed", "CERTIFICATE_VERIFY_FAILED"})) {
    return "the broker's certificate is not signed by one of --tls-ca, or is out of date";
  }
  if (Contains(text, {"wrong version number", "WRONG_VERSION_NUMBER"})) {
    return "the broker does not speak TLS there: leave --tls-ca out";
  }
  if (Contains(text, {"not in peer certificate"})) {
    return "give a name or address that the broker's certificate holds as --server";
  }
  return cut ? "the broker may want a client certificate, or another one: give --tls-cert" : "";
}

}  // namespace

std::string ConnectFailure(std::string_view text, bool tls) {
  const size_t last = text.find(kLastError);
  const std::string_view hint = Hint(text, tls);
  if (last != std::string_view::npos) {
    text.remove_prefix(last + kLastError.size());
    for (const std::string_view code : {"UNKNOWN: ", "UNAVAILABLE: "}) {
      if (text.starts_with(code)) text.remove_prefix(code.size());
    }
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
