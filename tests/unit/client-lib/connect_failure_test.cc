// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/connect_failure.h"

#include <gtest/gtest.h>

namespace belfry::client {
namespace {

constexpr std::string_view kPrefix = "failed to connect to all addresses; last error: ";

std::string Explain(std::string_view reason, bool tls) {
  return ExplainConnectFailure(std::string(kPrefix).append(reason), tls);
}

TEST(ConnectFailure, SaysTheReasonAlone) {
  EXPECT_EQ(Explain("UNKNOWN: ipv4:127.0.0.1:1: Failed to connect to remote host: Connection "
                    "refused",
                    false),
            "ipv4:127.0.0.1:1: Failed to connect to remote host: Connection refused");
  EXPECT_EQ(ExplainConnectFailure("Deadline Exceeded", true), "Deadline Exceeded");
  EXPECT_EQ(ExplainConnectFailure("", false), "");
}

TEST(ConnectFailure, AddsWhatItMostlyMeans) {
  struct Case {
    std::string_view reason;
    bool tls;
    std::string_view hint;
  };
  const Case cases[] = {
      {"UNAVAILABLE: ipv4:127.0.0.1:1: recvmsg:Connection reset by peer", false,
       "speak TLS there?"},
      {"UNAVAILABLE: ipv4:127.0.0.1:1: Endpoint read failed", true, "tls.cert_file"},
      {"UNKNOWN: Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL routines::certificate "
       "verify failed",
       true, "tls.ca_file"},
      {"UNKNOWN: Ssl handshake failed: SSL_ERROR_SSL: error:0A00010B:SSL routines::wrong version "
       "number",
       true, "does not speak TLS"},
      {"UNKNOWN: Peer name localhost is not in peer certificate", true, "a name or address"},
  };
  for (const Case& one : cases) {
    EXPECT_NE(Explain(one.reason, one.tls).find(one.hint), std::string::npos)
        << Explain(one.reason, one.tls);
  }
}

}  // namespace
}  // namespace belfry::client
