// SPDX-License-Identifier: Apache-2.0
//
// The TLS settings of a listener, made from three PEM files: TLS 1.2 and 1.3 only, with forward
// secrecy and authenticated encryption; HTTP/2 by ALPN and nothing else (a client that offers no
// ALPN, or other protocols, is refused within its first message); no compression, no renegotiation,
// no session resumption (every connection is verified against the authorities in force, also after
// a reload). With client_ca, a client without a certificate signed by one of them does not get past
// the handshake.
//
// Lifecycle: one SSL_CTX per generation of files; connections keep theirs alive.
// Threads: Immutable once returned.
// How it fails: FAILED_PRECONDITION naming the file and what is wrong with it. It never asks for a
// passphrase on a terminal.
// Source of the cipher list: RFC 9113, 9.2 and Appendix A (what HTTP/2 forbids).
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>

#include "common/status.h"

namespace belfry::auth {

struct TlsFiles {
  std::string cert;       // the certificate, then its intermediates
  std::string key;        // its private key, without a passphrase
  std::string client_ca;  // empty: clients show no certificate
};

StatusOr<std::shared_ptr<SSL_CTX>> LoadServerTls(const TlsFiles& files);

}  // namespace belfry::auth
