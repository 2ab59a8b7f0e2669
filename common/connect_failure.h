// SPDX-License-Identifier: Apache-2.0
//
// What gRPC's words about a connection that did not come about mostly mean. Whoever shows it adds
// its own words on what to do, for it knows what its options are called. The texts are those of
// gRPC 1.51 and of the TLS libraries below it.
//
// Threads: Thread-safe, pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace belfry {

enum class ConnectFailureKind : uint8_t {
  // Nothing that its own words do not say.
  kOther,
  // Plaintext, and cut off by the other side: it may speak TLS.
  kMayWantTls,
  // With TLS, and cut off by the other side: it may want a client certificate, or another one.
  kMayWantCertificate,
  // Its certificate is not signed by one that we trust, or is out of date.
  kUntrusted,
  // It answers without TLS.
  kNoTls,
  // Its certificate is for other names.
  kOtherName,
};

// `text` is the message of the gRPC status; `tls`: the attempt was made with TLS.
ConnectFailureKind KindOfConnectFailure(std::string_view text, bool tls);

// What stands behind gRPC's "last error: ", the one reason that says something. Unset data() if it
// is not there.
std::string_view LastConnectError(std::string_view text);

// Without the code that gRPC puts before its reasons.
std::string_view WithoutConnectCode(std::string_view reason);

}  // namespace belfry
