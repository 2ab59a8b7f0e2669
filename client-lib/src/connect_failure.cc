// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/connect_failure.h"

#include "common/connect_failure.h"

namespace belfry::client {
namespace {

std::string_view Hint(ConnectFailureKind kind) {
  switch (kind) {
    case ConnectFailureKind::kOther:
      return "";
    case ConnectFailureKind::kMayWantTls:
      return "does the broker speak TLS there? then give tls.ca_file";
    case ConnectFailureKind::kMayWantCertificate:
      return "the broker may want a client certificate, or another one: see tls.cert_file";
    case ConnectFailureKind::kUntrusted:
      return "the broker's certificate is not signed by one of tls.ca_file, or is out of date";
    case ConnectFailureKind::kNoTls:
      return "the broker does not speak TLS there";
    case ConnectFailureKind::kOtherName:
      return "connect by a name or address that the broker's certificate holds";
  }
  return "";
}

}  // namespace

std::string ExplainConnectFailure(std::string_view text, bool tls) {
  const std::string_view hint = Hint(KindOfConnectFailure(text, tls));
  const std::string_view last = LastConnectError(text);
  std::string explained(WithoutConnectCode(last.data() != nullptr ? last : text));
  if (!hint.empty()) explained.append("; ").append(hint);
  return explained;
}

}  // namespace belfry::client
