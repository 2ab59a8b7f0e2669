// SPDX-License-Identifier: Apache-2.0
//
// TLS as a client of the server meets it.
#include "broker/rpc/tls_transport.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <memory>
#include <string>

#include "common/check.h"
#include "common/mutex.h"
#include "tests/support/http2_client.h"
#include "tests/support/test_certificates.h"
#include "tests/unit/broker/rpc/running_server.h"
#include "tests/unit/broker/rpc/scripted_call_handler.h"

namespace belfry::test {
namespace {

using ::testing::ElementsAre;

constexpr char kTalk[] = "/test.Echo/Talk";

std::shared_ptr<SSL_CTX> MakeContext(const SSL_METHOD* method, const CertificateFiles& own,
                                     const std::string& authority) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(method), SSL_CTX_free);
  BELFRY_CHECK(context != nullptr);
  if (!own.cert.empty()) {
    BELFRY_CHECK(SSL_CTX_use_certificate_chain_file(context.get(), own.cert.c_str()) == 1);
    BELFRY_CHECK(SSL_CTX_use_PrivateKey_file(context.get(), own.key.c_str(), SSL_FILETYPE_PEM) ==
                 1);
  }
  if (!authority.empty()) {
    BELFRY_CHECK(SSL_CTX_load_verify_locations(context.get(), authority.c_str(), nullptr) == 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

int SelectH2(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* in,
             unsigned int in_bytes, void*) {
  static constexpr unsigned char kH2[] = "\x02h2";
  unsigned char* choice = nullptr;
  if (SSL_select_next_proto(&choice, out_bytes, kH2, 3, in, in_bytes) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;  // the transport must notice
  }
  *out = choice;
  return SSL_TLSEXT_ERR_OK;
}

std::shared_ptr<SSL_CTX> MakeServerContext(const CertificateFiles& own,
                                           const std::string& authority) {
  auto context = MakeContext(TLS_server_method(), own, authority);
  SSL_CTX_set_alpn_select_cb(context.get(), SelectH2, nullptr);
  SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("test"), 4);
  return context;
}

class Tls : public ::testing::Test {
 protected:
  Tls() {
    std::signal(SIGPIPE, SIG_IGN);  // as the daemon does: OpenSSL writes with write(2)
    authority_ = certificates_.MakeAuthority("authority");
    serving_ = certificates_.Issue(authority_, "server");
    context_ = MakeServerContext(serving_, authority_.cert);
    server_.options.tls_context = [this] {
      MutexLock lock(mutex_);
      return context_;
    };
    echo_.on_start = [this](rpc::Call& call) {
      MutexLock lock(mutex_);
      principal_ = call.peer().principal;
    };
    server_.table.Add(kTalk, {}, echo_.Factory());
    client_context_ = MakeContext(TLS_client_method(), {}, authority_.cert);
  }
  std::string principal() {
    MutexLock lock(mutex_);
    return principal_;
  }
  static void ExpectEcho(Http2Client& client) {
    const int32_t call = client.Open(kTalk);
    client.Send(call, "hello");
    client.HalfClose(call);
    ASSERT_TRUE(client.WaitClosed(call));
    EXPECT_THAT(client.reply(call).messages, ElementsAre("hello"));
    EXPECT_EQ(client.reply(call).Status(), "0");
  }
  void ExpectTlsFailure() {
    EXPECT_TRUE(server_.WaitUntil([&] { return server_.server().counters().tls_failures == 1; }));
    EXPECT_TRUE(server_.WaitUntil([&] { return server_.server().connections() == 0; }));
    EXPECT_EQ(echo_.started, 0);
  }

  TestCertificates certificates_;
  CertificateFiles authority_, serving_;
  Mutex mutex_;
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL_CTX> client_context_;
  std::string principal_;
  ScriptedMethod echo_;
  RunningServer server_;
};

TEST_F(Tls, ServesAClientWithoutACertificate) {
  server_.Start();
  Http2Client client(server_.port(), {.tls = client_context_.get()});
  ExpectEcho(client);
  EXPECT_EQ(principal(), "");
}

TEST_F(Tls, NamesThePrincipalOfAClientCertificate) {
  server_.Start();
  const auto context =
      MakeContext(TLS_client_method(), certificates_.Issue(authority_, "alice"), authority_.cert);
  Http2Client client(server_.port(), {.tls = context.get()});
  ExpectEcho(client);
  EXPECT_EQ(principal(), "alice");
  // A second connection of the same client may resume the first one's TLS session: same principal.
  Http2Client again(server_.port(), {.tls = context.get()});
  ExpectEcho(again);
  EXPECT_EQ(principal(), "alice");
}

TEST_F(Tls, RefusesACertificateOfAnotherAuthority) {
  server_.Start();
  const CertificateFiles other = certificates_.MakeAuthority("other");
  const auto context =
      MakeContext(TLS_client_method(), certificates_.Issue(other, "mallory"), authority_.cert);
  Http2Client client(server_.port(), {.tls = context.get()});
  EXPECT_TRUE(client.WaitLost());
  ExpectTlsFailure();
}

TEST_F(Tls, RefusesAClientWithoutAlpn) {
  server_.Start();
  Http2Client client(server_.port(), {.tls = client_context_.get(), .offer_h2 = false});
  EXPECT_TRUE(client.WaitLost());
  ExpectTlsFailure();
}

TEST_F(Tls, RefusesTls11) {
  server_.Start();
  SSL_CTX_set_security_level(client_context_.get(), 0);
  SSL_CTX_set_min_proto_version(client_context_.get(), TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(client_context_.get(), TLS1_1_VERSION);
  Http2Client client(server_.port(), {.tls = client_context_.get()});
  EXPECT_TRUE(client.connection_lost());
  ExpectTlsFailure();
}

TEST_F(Tls, RefusesPlaintext) {
  server_.Start();
  Http2Client client(server_.port());
  client.Open(kTalk);
  EXPECT_TRUE(client.WaitLost());
  ExpectTlsFailure();
}

TEST_F(Tls, GivesUpOnAHandshakeThatTakesTooLong) {
  server_.options.limits.tls_handshake_timeout = std::chrono::milliseconds(30);
  server_.Start();
  Http2Client client(server_.port(), {.speak = false});
  ASSERT_TRUE(client.SendRaw("\x16\x03\x01"));  // the beginning of a hello
  EXPECT_TRUE(client.WaitLost());
  EXPECT_TRUE(server_.WaitUntil([&] { return server_.server().counters().timeouts == 1; }));
}

TEST_F(Tls, CarriesLargeMessagesAndManySmallOnes) {
  server_.Start();
  Http2Client client(server_.port(), {.tls = client_context_.get()});
  const int32_t call = client.Open(kTalk);
  const std::string large(2'000'000, 'x');
  client.Send(call, large);
  for (int i = 0; i < 2'000; ++i) client.Send(call, std::to_string(i));
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  const auto& messages = client.reply(call).messages;
  ASSERT_EQ(messages.size(), 2'001u);
  EXPECT_TRUE(messages[0] == large);
  for (int i = 0; i < 2'000; ++i)
    EXPECT_EQ(messages[static_cast<size_t>(i) + 1], std::to_string(i));
}

TEST_F(Tls, ANewContextServesNewConnectionsAndTheOldOnesLiveOn) {
  server_.Start();
  Http2Client old(server_.port(), {.tls = client_context_.get()});
  ExpectEcho(old);
  const CertificateFiles new_authority = certificates_.MakeAuthority("new_authority");
  const auto new_context = MakeServerContext(certificates_.Issue(new_authority, "server2"), "");
  {
    MutexLock lock(mutex_);
    context_ = new_context;
  }
  const auto trusting_new = MakeContext(TLS_client_method(), {}, new_authority.cert);
  Http2Client client(server_.port(), {.tls = trusting_new.get()});
  ExpectEcho(client);
  ExpectEcho(old);
}

TEST_F(Tls, WithoutAContextConnectionsAreClosed) {
  context_ = nullptr;
  server_.Start();
  Http2Client client(server_.port(), {.speak = false});
  EXPECT_TRUE(client.WaitLost());
  EXPECT_TRUE(server_.WaitUntil([&] { return server_.server().accept_counters().open == 0; }));
  EXPECT_EQ(server_.server().counters().tls_failures, 1u);
}

}  // namespace
}  // namespace belfry::test
