// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/tls_transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "broker/rpc/certificate_name.h"

namespace belfry::rpc {
namespace {

// One TLS record. Smaller pieces are gathered into one, larger ones go record by record.
constexpr size_t kRecordBytes = 16 * 1024;
constexpr size_t kWriteBytesMax = 256 * 1024;
// A first piece at least this long is worth a record of its own, uncopied.
constexpr size_t kUngatheredBytes = 4 * 1024;

// The front of the chain as one piece of at most a record: in place, or gathered into `record`.
std::string_view NextRecord(const ByteChain& chain, char (&record)[kRecordBytes]) {
  iovec pieces[64];
  const size_t count = chain.FillIovec(pieces, std::size(pieces));
  if (count == 1 || pieces[0].iov_len >= kUngatheredBytes) {
    return {static_cast<const char*>(pieces[0].iov_base),
            std::min(pieces[0].iov_len, kRecordBytes)};
  }
  size_t size = 0;
  for (size_t i = 0; i < count && size < kRecordBytes; ++i) {
    const size_t part = std::min(pieces[i].iov_len, kRecordBytes - size);
    std::memcpy(record + size, pieces[i].iov_base, part);
    size += part;
  }
  return {record, size};
}

}  // namespace

std::unique_ptr<TlsTransport> TlsTransport::Make(std::shared_ptr<SSL_CTX> context, int fd) {
  if (context == nullptr) return nullptr;
  SSL* ssl = SSL_new(context.get());
  if (ssl == nullptr) return nullptr;
  if (SSL_set_fd(ssl, fd) != 1) {
    SSL_free(ssl);
    return nullptr;
  }
  SSL_set_accept_state(ssl);
  SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
  SSL_set_options(ssl,
                  SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection gives its 34 KiB of record buffers back.
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                        SSL_MODE_RELEASE_BUFFERS);
  return std::make_unique<TlsTransport>(std::move(context), ssl);
}

TlsTransport::TlsTransport(std::shared_ptr<SSL_CTX> context, SSL* ssl)
    : context_(std::move(context)), ssl_(ssl) {}

TlsTransport::~TlsTransport() { SSL_free(ssl_); }

IoOutcome TlsTransport::OutcomeOf(int result) {
  const int error = SSL_get_error(ssl_, result);
  ERR_clear_error();  // the queue is per thread; the next connection must not find ours
  switch (error) {
    case SSL_ERROR_WANT_READ:
      return IoOutcome::kWantRead;
    case SSL_ERROR_WANT_WRITE:
      return IoOutcome::kWantWrite;
    case SSL_ERROR_ZERO_RETURN:
      return IoOutcome::kEnd;
    default:
      return IoOutcome::kFailed;
  }
}

IoOutcome TlsTransport::Handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result != 1) return OutcomeOf(result);
  const unsigned char* protocol = nullptr;
  unsigned int protocol_bytes = 0;
  SSL_get0_alpn_selected(ssl_, &protocol, &protocol_bytes);
  const bool h2 = protocol_bytes == 2 && std::memcmp(protocol, "h2", 2) == 0;
  return h2 ? IoOutcome::kDone : IoOutcome::kFailed;
}

IoResult TlsTransport::Read(std::span<char> room) {
  // Record after record, so that the caller sees a short read only when the socket is drained.
  size_t total = 0;
  while (total < room.size()) {
    size_t bytes = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_, room.data() + total, room.size() - total, &bytes);
    if (result != 1) {
      if (total > 0) break;  // the trouble will still be there next time
      return {OutcomeOf(result)};
    }
    total += bytes;
  }
  return {IoOutcome::kDone, total};
}

IoResult TlsTransport::Write(ByteChain& chain) {
  char gathered[kRecordBytes];
  size_t total = 0;
  while (!chain.empty() && total < kWriteBytesMax) {
    // After "want write" OpenSSL asks for the same bytes again; they still stand at the front.
    const std::string_view record = NextRecord(chain, gathered);
    size_t bytes = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_, record.data(), record.size(), &bytes);
    if (result != 1) return {OutcomeOf(result), total};
    chain.Consume(bytes);
    total += bytes;
  }
  return {IoOutcome::kDone, total};
}

bool TlsTransport::HoldsInput() const {
  return SSL_has_pending(ssl_) == 1 && SSL_pending(ssl_) > 0;
}

void TlsTransport::ShutdownWrite() {
  ERR_clear_error();
  SSL_shutdown(ssl_);
  ERR_clear_error();
}

std::string TlsTransport::Principal() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_);
  if (certificate == nullptr || SSL_get_verify_result(ssl_) != X509_V_OK) return {};
  return CertificateName(*certificate);
}

}  // namespace belfry::rpc
