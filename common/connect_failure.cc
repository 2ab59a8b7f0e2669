// SPDX-License-Identifier: Apache-2.0
#include "common/connect_failure.h"

#include <initializer_list>

namespace belfry {
namespace {

constexpr std::string_view kLastError = "last error: ";

bool Contains(std::string_view text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) {
    if (text.find(part) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

ConnectFailureKind KindOfConnectFailure(std::string_view text, bool tls) {
  const bool cut = Contains(text, {"Connection reset", "Socket closed", "Endpoint read failed"});
  if (!tls) return cut ? ConnectFailureKind::kMayWantTls : ConnectFailureKind::kOther;
  if (Contains(text, {"certificate verify failed", "CERTIFICATE_VERIFY_FAILED"})) {
    return ConnectFailureKind::kUntrusted;
  }
  if (Contains(text, {"wrong version number", "WRONG_VERSION_NUMBER"})) {
    return ConnectFailureKind::kNoTls;
  }
  if (Contains(text, {"not in peer certificate"})) return ConnectFailureKind::kOtherName;
  return cut ? ConnectFailureKind::kMayWantCertificate : ConnectFailureKind::kOther;
}

std::string_view LastConnectError(std::string_view text) {
  const size_t last = text.find(kLastError);
  return last == std::string_view::npos ? std::string_view()
                                        : text.substr(last + kLastError.size());
}

std::string_view WithoutConnectCode(std::string_view reason) {
  for (const std::string_view code : {"UNKNOWN: ", "UNAVAILABLE: "}) {
    if (reason.starts_with(code)) reason.remove_prefix(code.size());
  }
  return reason;
}

}  // namespace belfry
