// SPDX-License-Identifier: Apache-2.0
#include "broker/auth/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fstream>
#include <iterator>

#include "tests/support/test_certificates.h"
#include "tests/unit/broker/auth/tls_handshake.h"

namespace belfry::auth {
namespace {

using test::CertificateFiles;
using test::Handshake;
using test::TestCertificates;
using test::TlsClientSettings;
using test::TlsOutcome;
using testing::AllOf;
using testing::HasSubstr;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// Made once: each certificate is a run of openssl.
struct Certificates {
  TestCertificates folder;
  CertificateFiles ca = folder.MakeAuthority("ca");
  CertificateFiles other_ca = folder.MakeAuthority("other-ca");
  CertificateFiles node = folder.Issue(ca, "node");
  CertificateFiles client = folder.Issue(ca, "client");
  CertificateFiles stranger = folder.Issue(other_ca, "stranger");
};

class TlsContext : public testing::Test {
 protected:
  static void SetUpTestSuite() { certificates_ = new Certificates; }
  static void TearDownTestSuite() {
    delete certificates_;
    certificates_ = nullptr;
  }

  static const Certificates& certs() { return *certificates_; }
  static std::string Write(std::string_view name, std::string_view text) {
    return certificates_->folder.Write(name, text);
  }
  static std::shared_ptr<SSL_CTX> Server(bool with_client_ca) {
    const auto context =
        LoadServerTls({certs().node.cert, certs().node.key, with_client_ca ? certs().ca.cert : ""});
    EXPECT_TRUE(context.ok()) << context.status();
    return context.ok() ? *context : nullptr;
  }
  static std::string ErrorOf(const TlsFiles& files) {
    const auto context = LoadServerTls(files);
    EXPECT_EQ(ERR_peek_error(), 0u) << "an error is left for somebody else to find";
    return context.ok() ? "no error" : MessageOf(context.status());
  }
  static TlsClientSettings Client() { return {.trusted_ca = certs().ca.cert}; }
  static TlsClientSettings ClientWith(const CertificateFiles& files) {
    return {.trusted_ca = certs().ca.cert, .cert = files.cert, .key = files.key};
  }

  static Certificates* certificates_;
};
Certificates* TlsContext::certificates_ = nullptr;

TEST_F(TlsContext, ServesTls13AndTls12WithH2) {
  const auto server = Server(false);
  TlsClientSettings client = Client();
  TlsOutcome outcome = Handshake(server.get(), client);
  EXPECT_TRUE(outcome.ok()) << outcome.problem;
  EXPECT_EQ(outcome.version, "TLSv1.3");
  EXPECT_EQ(outcome.alpn, "h2");
  EXPECT_EQ(outcome.server_name, "node");

  client.max_version = TLS1_2_VERSION;
  outcome = Handshake(server.get(), client);
  EXPECT_TRUE(outcome.ok()) << outcome.problem;
  EXPECT_EQ(outcome.version, "TLSv1.2");
}

TEST_F(TlsContext, RefusesOlderVersions) {
  const auto server = Server(false);
  // Said by itself, not only as a consequence of the ciphers and the security level.
  EXPECT_EQ(SSL_CTX_get_min_proto_version(server.get()), TLS1_2_VERSION);
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsClientSettings client = Client();
    client.min_version = client.max_version = version;
    client.tls12_ciphers = "ALL:@SECLEVEL=0";
    EXPECT_FALSE(Handshake(server.get(), client).ok());
  }
}

TEST_F(TlsContext, RefusesCiphersThatHttp2Forbids) {
  const auto server = Server(false);
  TlsClientSettings client = Client();
  client.max_version = TLS1_2_VERSION;
  client.tls12_ciphers = "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384";
  EXPECT_FALSE(Handshake(server.get(), client).ok());
  client.tls12_ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  EXPECT_TRUE(Handshake(server.get(), client).ok());
}

TEST_F(TlsContext, SpeaksH2OrNothing) {
  const auto server = Server(false);
  TlsClientSettings client = Client();
  client.alpn = {"http/1.1"};
  EXPECT_FALSE(Handshake(server.get(), client).ok());
  client.alpn = {};
  EXPECT_FALSE(Handshake(server.get(), client).ok()) << "no ALPN at all";
  client.alpn = {"http/1.1", "h2"};
  const TlsOutcome outcome = Handshake(server.get(), client);
  EXPECT_TRUE(outcome.ok()) << outcome.problem;
  EXPECT_EQ(outcome.alpn, "h2");
}

TEST_F(TlsContext, ResumesNoSession) {
  const auto server = Server(false);
  TlsClientSettings client = Client();
  EXPECT_FALSE(Handshake(server.get(), client).can_resume);
  client.max_version = TLS1_2_VERSION;
  EXPECT_FALSE(Handshake(server.get(), client).can_resume);
}

TEST_F(TlsContext, ForbidsCompressionAndRenegotiation) {
  const uint64_t options = SSL_CTX_get_options(Server(false).get());
  EXPECT_TRUE(options & SSL_OP_NO_COMPRESSION);
  EXPECT_TRUE(options & SSL_OP_NO_RENEGOTIATION);
}

TEST_F(TlsContext, WithAClientAuthorityDemandsACertificateOfIt) {
  const auto server = Server(true);
  EXPECT_TRUE(Handshake(server.get(), ClientWith(certs().client)).ok());

  const TlsOutcome none = Handshake(server.get(), Client());
  EXPECT_FALSE(none.server_done);
  EXPECT_EQ(none.problem, "peer did not return a certificate");

  const TlsOutcome stranger = Handshake(server.get(), ClientWith(certs().stranger));
  EXPECT_FALSE(stranger.server_done);
  EXPECT_EQ(stranger.problem, "certificate verify failed");
}

TEST_F(TlsContext, WithoutAClientAuthorityAnyoneMayConnect) {
  EXPECT_TRUE(Handshake(Server(false).get(), ClientWith(certs().stranger)).ok());
}

TEST_F(TlsContext, SendsTheIntermediatesOfTheFile) {
  // The node's certificate followed by an authority: a client sees a chain of two.
  const std::string chain =
      Write("chain.pem", Contents(certs().node.cert) + Contents(certs().ca.cert));
  const auto context = LoadServerTls({chain, certs().node.key, ""});
  ASSERT_TRUE(context.ok()) << context.status();
  STACK_OF(X509)* extra = nullptr;
  SSL_CTX_get0_chain_certs(context->get(), &extra);
  ASSERT_NE(extra, nullptr);
  EXPECT_EQ(sk_X509_num(extra), 1);
}

TEST_F(TlsContext, TakesCertificateAndKeyFromOneFile) {
  const std::string both =
      Write("both.pem", Contents(certs().node.key) + Contents(certs().node.cert));
  EXPECT_EQ(ErrorOf({both, both, ""}), "no error");
}

TEST_F(TlsContext, NamesTheFileThatCannotBeRead) {
  const std::string none = certs().folder.Path("none.pem");
  EXPECT_EQ(ErrorOf({none, certs().node.key, ""}),
            "security.tls.cert = \"" + none + "\": No such file or directory");
  EXPECT_THAT(ErrorOf({certs().node.cert, none, ""}), HasSubstr("security.tls.key = \"" + none));
  EXPECT_THAT(ErrorOf({certs().node.cert, certs().node.key, none}),
              HasSubstr("security.tls.client_ca = \"" + none));
  EXPECT_THAT(ErrorOf({certs().folder.Path("."), certs().node.key, ""}),
              HasSubstr("Is a directory"));
  EXPECT_THAT(ErrorOf({Write("big.pem", std::string(2 << 20, 'x')), certs().node.key, ""}),
              HasSubstr("is larger than 1 MiB"));
}

TEST_F(TlsContext, NamesTheFileThatIsNotWhatItShouldBe) {
  const std::string empty = Write("empty.pem", "");
  const std::string garbage = Write("garbage.pem", std::string(10'000, '\xEE'));
  std::string broken_text = Contents(certs().node.cert);
  broken_text[100] = '!';
  const std::string broken = Write("broken.pem", broken_text);
  const std::string cut = Write("cut.pem", Contents(certs().node.cert).substr(0, 300));

  for (const std::string& path : {empty, garbage, certs().node.key}) {
    EXPECT_THAT(ErrorOf({path, certs().node.key, ""}),
                AllOf(HasSubstr("security.tls.cert = \"" + path), HasSubstr("has no certificate")));
  }
  for (const std::string& path : {broken, cut}) {
    EXPECT_THAT(ErrorOf({path, certs().node.key, ""}),
                AllOf(HasSubstr("security.tls.cert = \"" + path), HasSubstr("not a sound PEM")));
    EXPECT_THAT(ErrorOf({certs().node.cert, certs().node.key, path}),
                HasSubstr("security.tls.client_ca = \"" + path));
  }
  // A chain that breaks off must not be taken for a shorter one.
  const std::string half_chain = Write(
      "half_chain.pem", Contents(certs().node.cert) + Contents(certs().ca.cert).substr(0, 300));
  EXPECT_THAT(ErrorOf({half_chain, certs().node.key, ""}), HasSubstr("not a sound PEM"));

  for (const std::string& path : {empty, garbage, certs().node.cert}) {
    EXPECT_THAT(
        ErrorOf({certs().node.cert, path, ""}),
        AllOf(HasSubstr("security.tls.key = \"" + path), HasSubstr("has no sound private key")));
  }
}

TEST_F(TlsContext, SaysThatKeyAndCertificateDoNotBelongTogether) {
  EXPECT_EQ(ErrorOf({certs().node.cert, certs().client.key, ""}),
            "security.tls.key = \"" + certs().client.key +
                "\": is not the key of the certificate in \"" + certs().node.cert + "\"");
}

// Asking would hang a broker that has a terminal.
TEST_F(TlsContext, RefusesAKeyWithAPassphrase) {
  const std::string locked = certs().folder.Path("locked.key");
  const std::string command = "openssl ec -in " + certs().node.key + " -out " + locked +
                              " -aes128 -passout pass:secret 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_THAT(ErrorOf({certs().node.cert, locked, ""}), HasSubstr("protected by a passphrase"));
}

TEST_F(TlsContext, RefusesAWeakCertificate) {
  const std::string cert = certs().folder.Path("weak.pem");
  const std::string key = certs().folder.Path("weak.key");
  const std::string command =
      "openssl req -x509 -newkey rsa:1024 -nodes -days 2 -subj /CN=weak -out " + cert +
      " -keyout " + key + " 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_THAT(ErrorOf({cert, key, ""}), AllOf(HasSubstr(cert), HasSubstr("ee key too small")));
}

}  // namespace
}  // namespace belfry::auth
