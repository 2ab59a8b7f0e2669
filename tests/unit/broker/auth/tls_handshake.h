// SPDX-License-Identifier: Apache-2.0
//
// A TLS handshake in memory, between a server context under test and a client of the test's making.
// Threads: Confined to the test.
#pragma once

#include <openssl/types.h>

#include <string>
#include <vector>

namespace belfry::test {

struct TlsClientSettings {
  std::string trusted_ca = "";  // PEM file; the server must be signed by it
  std::string cert = "";        // empty: no client certificate
  std::string key = "";
  std::vector<std::string> alpn = {"h2"};  // empty: no ALPN extension
  int min_version = 0;                     // 0: OpenSSL's own
  int max_version = 0;
  std::string tls12_ciphers = "";  // empty: OpenSSL's own
};

struct TlsOutcome {
  bool server_done = false;
  bool client_done = false;
  std::string alpn;         // as the client sees it
  std::string version;      // "TLSv1.3"
  std::string server_name;  // the server certificate's common name
  std::string problem;      // OpenSSL's reason, when a side gave up
  bool can_resume = false;  // the client got a session that it could resume
  bool ok() const { return server_done && client_done; }
};

TlsOutcome Handshake(SSL_CTX* server, const TlsClientSettings& settings);

}  // namespace belfry::test
