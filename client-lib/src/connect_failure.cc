// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/connect_failure.h"

#include <initializer_list>

namespace belfry::client {
namespace {

// gRPC 1.51 puts this before the one reason that says something.
constexpr std::string_view kLastError = "last error: ";

bool Contains(std::string_view text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) {
    if (text.find(part) != std::string_view::npos) return true;
  }
  return false;
}

std::string_view Hint(std::string_view text, bool tls) {
  const bool cut = Contains(text, {"Connection reset", "Socket closed", "Endpoint read failed"});
  if (!tls) return cut ? "does the broker speak TLS there? then give tls.ca_file" : "";
  if (Contains(text, {"certificate verify failed", "CERTIFICATE_VERIFY_FAILED"})) {
    return "the broker's certificate is not signed by one of tls.ca_file, or is out of date";
  }
  if (Contains(text, {"wrong version number", "WRONG_VERSION_NUMBER"})) {
    return "the broker does not speak TLS there";
  }
  if (Contains(text, {"not in peer certificate"})) {
    return "connect by a name or address that the broker's certificate holds";
  }
  return cut ? "the broker may want a client certificate, or another one: see tls.cert_file" : "";
}

}  // namespace

std::string ExplainConnectFailure(std::string_view text, bool tls) {
  const std::string_view hint = Hint(text, tls);
  const size_t last = text.find(kLastError);
  if (last != std::string_view::npos) text.remove_prefix(last + kLastError.size());
  for (const std::string_view code : {"UNKNOWN: ", "UNAVAILABLE: "}) {
    if (text.starts_with(code)) text.remove_prefix(code.size());
  }
  std::string explained(text);
  if (!hint.empty()) explained.append("; ").append(hint);
  return explained;
}

}  // namespace belfry::client
