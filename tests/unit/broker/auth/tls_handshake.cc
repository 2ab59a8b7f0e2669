// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/broker/auth/tls_handshake.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>

#include "common/check.h"

namespace belfry::test {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
using SslPtr = std::unique_ptr<SSL, void (*)(SSL*)>;

ContextPtr ClientContext(const TlsClientSettings& settings) {
  ContextPtr context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  // The client may be worse than the server: it is the server that must refuse.
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), settings.min_version);
  SSL_CTX_set_max_proto_version(context.get(), settings.max_version);
  if (!settings.tls12_ciphers.empty()) {
    BELFRY_CHECK(SSL_CTX_set_cipher_list(context.get(), settings.tls12_ciphers.c_str()) == 1);
  }
  if (!settings.trusted_ca.empty()) {
    BELFRY_CHECK(SSL_CTX_load_verify_file(context.get(), settings.trusted_ca.c_str()) == 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  if (!settings.cert.empty()) {
    BELFRY_CHECK(
        SSL_CTX_use_certificate_file(context.get(), settings.cert.c_str(), SSL_FILETYPE_PEM) == 1);
    BELFRY_CHECK(
        SSL_CTX_use_PrivateKey_file(context.get(), settings.key.c_str(), SSL_FILETYPE_PEM) == 1);
  }
  std::string alpn;
  for (const std::string& protocol : settings.alpn) {
    alpn += static_cast<char>(protocol.size());
    alpn += protocol;
  }
  if (!alpn.empty()) {
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
  }
  return context;
}

// Advances one side; false once it has given up.
bool Step(SSL* ssl, bool& done, std::string& problem) {
  if (done) {
    // What comes after the handshake in TLS 1.3 (alerts, tickets) shows when something is read.
    char byte;
    const int result = SSL_read(ssl, &byte, 1);
    if (result > 0 || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ) return true;
  } else {
    const int result = SSL_do_handshake(ssl);
    if (result == 1) {
      done = true;
      return true;
    }
    const int error = SSL_get_error(ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
  }
  done = false;
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  if (problem.empty() && reason != nullptr) problem = reason;
  ERR_clear_error();
  return false;
}

std::string CommonName(SSL* client) {
  const std::unique_ptr<X509, void (*)(X509*)> cert(SSL_get1_peer_certificate(client), &X509_free);
  if (cert == nullptr) return "";
  char name[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(cert.get()), NID_commonName, name, sizeof(name));
  return name;
}

}  // namespace

TlsOutcome Handshake(SSL_CTX* server_context, const TlsClientSettings& settings) {
  const ContextPtr client_context = ClientContext(settings);
  const SslPtr server(SSL_new(server_context), &SSL_free);
  const SslPtr client(SSL_new(client_context.get()), &SSL_free);
  BIO* server_end = nullptr;
  BIO* client_end = nullptr;
  BELFRY_CHECK(BIO_new_bio_pair(&server_end, 0, &client_end, 0) == 1);
  SSL_set_bio(server.get(), server_end, server_end);
  SSL_set_bio(client.get(), client_end, client_end);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(client.get());

  TlsOutcome outcome;
  // A handshake takes a handful of turns; the rest lets late alerts and tickets arrive.
  bool client_alive = true;
  bool server_alive = true;
  for (int turn = 0; turn < 20; ++turn) {
    // The server's reason is the one of interest, so it goes first.
    if (server_alive) server_alive = Step(server.get(), outcome.server_done, outcome.problem);
    if (client_alive) client_alive = Step(client.get(), outcome.client_done, outcome.problem);
  }
  const unsigned char* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(client.get(), &alpn, &alpn_size);
  outcome.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  outcome.version = SSL_get_version(client.get());
  outcome.server_name = CommonName(client.get());
  const SSL_SESSION* session = SSL_get0_session(client.get());
  outcome.can_resume = session != nullptr && SSL_SESSION_is_resumable(session) == 1;
  return outcome;
}

}  // namespace belfry::test
