// SPDX-License-Identifier: Apache-2.0
//
// TLS over OpenSSL, non-blocking, in server role: TLS 1.2 or later, no renegotiation. ALPN must
// have selected "h2", for which the context's callback is responsible. The principal is the
// subject's common name of the client's verified certificate, else its first DNS name.
//
// Lifecycle: holds the context it was made with, so that connections of an older generation of
// certificates live on. Threads: Confined to its connection. Fails: Make returns null without a
// context or memory; else see transport.h.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <span>
#include <string>

#include "broker/rpc/transport.h"

namespace belfry::rpc {

class TlsTransport final : public Transport {
 public:
  static std::unique_ptr<TlsTransport> Make(std::shared_ptr<SSL_CTX> context, int fd);

  TlsTransport(std::shared_ptr<SSL_CTX> context, SSL* ssl);
  ~TlsTransport() override;
  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  IoOutcome Handshake() override;
  IoResult Read(std::span<char> room) override;
  IoResult Write(ByteChain& chain) override;
  bool HoldsInput() const override;
  void ShutdownWrite() override;
  std::string Principal() const override;

 private:
  IoOutcome OutcomeOf(int result);

  const std::shared_ptr<SSL_CTX> context_;
  SSL* const ssl_;
};

}  // namespace belfry::rpc
