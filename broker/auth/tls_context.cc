// SPDX-License-Identifier: Apache-2.0
#include "broker/auth/tls_context.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

namespace belfry::auth {
namespace {

// A bundle of all public authorities is some 200 KiB.
constexpr size_t kFileBytesMax = size_t{1} << 20;

// Ephemeral keys and AEAD only. TLS_ECDHE_*_WITH_AES_128_GCM_SHA256, which HTTP/2 demands, is among
// them.
constexpr char kTls12Ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
// RSA of 2048 bits and more, no SHA-1 signatures.
constexpr int kSecurityLevel = 2;

// ALPN's form of a list with the one protocol "h2".
constexpr unsigned char kH2[] = {2, 'h', '2'};

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

// The reason that OpenSSL gave last; empties its queue for this thread.
std::string LastReason() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(error);
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

Status FileError(std::string_view key, const std::string& path, std::string_view problem) {
  return FailedPrecondition(fmt::format("security.tls.{} = \"{}\": {}", key, path, problem));
}

StatusOr<std::string> ReadFile(std::string_view key, const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  if (file == nullptr) return FileError(key, path, std::strerror(errno));
  std::string text(kFileBytesMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return FileError(key, path, std::strerror(errno));
  if (text.size() > kFileBytesMax) return FileError(key, path, "is larger than 1 MiB");
  return text;
}

BioPtr BioOver(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Instead of OpenSSL's own, which would ask on the terminal.
int RefusePassphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

// All certificates of a PEM file; other blocks (a key in the same file) are passed over.
StatusOr<std::vector<X509Ptr>> ReadCertificates(std::string_view key, const std::string& path) {
  StatusOr<std::string> text = ReadFile(key, path);
  if (!text.ok()) return text.status();
  const BioPtr bio = BioOver(*text);
  std::vector<X509Ptr> certificates;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  // "No start line" is how the end of the file shows.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return FileError(key, path, fmt::format("is not a sound PEM certificate ({})", LastReason()));
  }
  ERR_clear_error();
  if (certificates.empty()) return FileError(key, path, "has no certificate in PEM form in it");
  return certificates;
}

StatusOr<KeyPtr> ReadKey(const std::string& path) {
  StatusOr<std::string> text = ReadFile("key", path);
  if (!text.ok()) return text.status();
  bool asked = false;
  ERR_clear_error();
  const BioPtr bio = BioOver(*text);
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &RefusePassphrase, &asked));
  OPENSSL_cleanse(text->data(), text->size());
  if (key == nullptr && asked) {
    ERR_clear_error();
    return FileError("key", path, "is protected by a passphrase; store the key without one");
  }
  if (key == nullptr) {
    return FileError("key", path,
                     fmt::format("has no sound private key in PEM form in it ({})", LastReason()));
  }
  return key;
}

// h2 or nothing.
int SelectAlpn(SSL*, const unsigned char** out, unsigned char* out_size,
               const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, out_size, kH2, sizeof(kH2), offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// OpenSSL calls SelectAlpn only if the client sent the extension at all.
int DemandAlpn(SSL* ssl, int* alert, void*) {
  const unsigned char* extension = nullptr;
  size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &extension,
                                &size) == 1) {
    return SSL_CLIENT_HELLO_SUCCESS;
  }
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

Status SetProtocol(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, kSecurityLevel);
  const bool ok = SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
                  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
                  SSL_CTX_set_cipher_list(context, kTls12Ciphers) == 1 &&
                  SSL_CTX_set_num_tickets(context, 0) == 1;
  if (!ok) return Internal(fmt::format("OpenSSL refuses our TLS settings: {}", LastReason()));
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // An idle connection gives its 34 KiB of buffers back.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, &SelectAlpn, nullptr);
  SSL_CTX_set_client_hello_cb(context, &DemandAlpn, nullptr);
  return {};
}

Status UseCertificate(SSL_CTX* context, const TlsFiles& files) {
  const StatusOr<std::vector<X509Ptr>> chain = ReadCertificates("cert", files.cert);
  if (!chain.ok()) return chain.status();
  const StatusOr<KeyPtr> key = ReadKey(files.key);
  if (!key.ok()) return key.status();
  if (X509_check_private_key(chain->front().get(), key->get()) != 1) {
    ERR_clear_error();
    return FileError("key", files.key,
                     fmt::format("is not the key of the certificate in \"{}\"", files.cert));
  }
  if (SSL_CTX_use_certificate(context, chain->front().get()) != 1) {
    return FileError("cert", files.cert, fmt::format("cannot be used ({})", LastReason()));
  }
  if (SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
    return FileError("key", files.key, fmt::format("cannot be used ({})", LastReason()));
  }
  for (size_t i = 1; i < chain->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) != 1) {
      return FileError(
          "cert", files.cert,
          fmt::format("certificate {} of the chain cannot be used ({})", i + 1, LastReason()));
    }
  }
  return {};
}

Status DemandClientCertificates(SSL_CTX* context, const std::string& path) {
  const StatusOr<std::vector<X509Ptr>> authorities = ReadCertificates("client_ca", path);
  if (!authorities.ok()) return authorities.status();
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& authority : *authorities) {
    // The names are told to clients, which choose their certificate by them.
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return FileError("client_ca", path, fmt::format("cannot be used ({})", LastReason()));
    }
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return {};
}

}  // namespace

StatusOr<std::shared_ptr<SSL_CTX>> LoadServerTls(const TlsFiles& files) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (context == nullptr) return Internal(fmt::format("no TLS context: {}", LastReason()));
  if (Status status = SetProtocol(context.get()); !status.ok()) return status;
  if (Status status = UseCertificate(context.get(), files); !status.ok()) return status;
  if (files.client_ca.empty()) return context;
  if (Status status = DemandClientCertificates(context.get(), files.client_ca); !status.ok()) {
    return status;
  }
  return context;
}

}  // namespace belfry::auth
