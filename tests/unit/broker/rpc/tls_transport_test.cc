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
#include <future>
#include <memory>
#include <string>

#include "common/check.h"
#include "common/mutex.h"
#include "tests/support/http2_client.h"
#include "tests/support/test_certificates.h"
#include "tests/unit/broker/rpc/running_server.h"
#include "tests/unit/broker/rpc/scripted_call_handler.h"
#include "tests/unit/broker/rpc/traveller.h"

namespace belfry::test {
namespace {

using ::testing::ElementsAre;

constexpr char kTalk[] = "/test.Echo/Talk";
constexpr char kTour[] = "/test.Echo/Tour";

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
    server_.table.Add(kTour, {.stream_window_bytes = 1 << 20}, traveller_.Factory());
    traveller_.next = [this](rpc::Call& call) {
      return &server_.reactor(1 - call.reactor().index());
    };
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
  Traveller traveller_;
  RunningServer server_{2};
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

// One buffer full is read and moves the connection; what is left of its last record is decrypted
// already, and no descriptor will tell of it.
TEST_F(Tls, AConnectionMovesWithWhatIsDecrypted) {
  constexpr size_t kBufferBytes = 256 * 1024, kMessages = 262, kMessageBytes = 1000;
  constexpr size_t kFrames = 16;
  static_assert(kMessages * kMessageBytes + kFrames * 9 == kBufferBytes);
  traveller_.on_message = [this](rpc::Call& call, std::string_view message) {
    if (message == "first") Write(call, message);
    if (message == "go") {
      EXPECT_TRUE(call.MoveTo(server_.reactor(1)));
    }
  };
  server_.Start();
  Http2Client client(server_.port(), {.tls = client_context_.get()});
  const int wide = 1 << 20;
  setsockopt(client.fd(), SOL_SOCKET, SO_SNDBUF, &wide, sizeof(wide));
  const int32_t call = client.Open(kTour);
  client.Send(call, "first");
  ASSERT_TRUE(client.WaitMessages(call, 1));
  std::promise<void> all_sent;
  server_.reactor(0).Post([sent = all_sent.get_future().share()] { sent.wait(); });
  client.Send(call, "go");
  ASSERT_TRUE(
      client.Flush());  // a record of its own, so that the others do not end with the buffer
  for (size_t i = 0; i < kMessages; ++i) client.Send(call, std::string(kMessageBytes - 5, 'x'));
  const bool flushed = client.Flush();
  all_sent.set_value();
  ASSERT_TRUE(flushed);
  // The client says nothing more: not even returned windows wake the descriptor.
  EXPECT_TRUE(server_.WaitUntil([&] { return traveller_.messages == int{kMessages} + 2; }));
  EXPECT_EQ(traveller_.moved, 1);
}

TEST_F(Tls, MovesBackAndForthUnderTraffic) {
  constexpr int kMessages = 400;
  server_.Start();
  Http2Client client(server_.port(), {.tls = client_context_.get()});
  const int32_t call = client.Open(kTour);
  const auto message = [](int k) { return (k % 3 == 0 ? "go " : "stay ") + std::string(500, 'x'); };
  for (int k = 0; k < kMessages; ++k) client.Send(call, message(k));
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  ASSERT_EQ(client.reply(call).messages.size(), size_t{kMessages});
  for (int k = 0; k < kMessages; ++k) {
    EXPECT_TRUE(client.reply(call).messages[static_cast<size_t>(k)] == message(k)) << k;
  }
  EXPECT_EQ(traveller_.moved, (kMessages + 2) / 3);
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
