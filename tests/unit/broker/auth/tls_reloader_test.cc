// SPDX-License-Identifier: Apache-2.0
#include "broker/auth/tls_reloader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "tests/support/test_certificates.h"
#include "tests/unit/broker/auth/tls_handshake.h"

namespace belfry::auth {
namespace {

using test::CertificateFiles;
using test::TestCertificates;

class TlsReload : public testing::Test {
 protected:
  std::string ServerName(SSL_CTX* context) {
    return test::Handshake(context, {.trusted_ca = ca_.cert}).server_name;
  }

  TestCertificates folder_;
  CertificateFiles ca_ = folder_.MakeAuthority("ca");
  CertificateFiles old_ = folder_.Issue(ca_, "old");
  CertificateFiles new_ = folder_.Issue(ca_, "new");
};

TEST_F(TlsReload, UsesNewFilesForNewConnectionsOnly) {
  const auto reloader = TlsReloader::Open({old_.cert, old_.key, ""});
  ASSERT_TRUE(reloader.ok()) << reloader.status();
  const std::shared_ptr<SSL_CTX> before = (*reloader)->Current();
  ASSERT_TRUE((*reloader)->Reload({new_.cert, new_.key, ""}).ok());
  EXPECT_EQ(ServerName((*reloader)->Current().get()), "new");
  EXPECT_EQ(ServerName(before.get()), "old") << "a connection keeps what it began with";
}

TEST_F(TlsReload, ReadsTheSamePathsAnew) {
  const auto reloader = TlsReloader::Open({old_.cert, old_.key, ""});
  ASSERT_TRUE(reloader.ok());
  std::filesystem::rename(new_.cert, old_.cert);
  std::filesystem::rename(new_.key, old_.key);
  ASSERT_TRUE((*reloader)->Reload({old_.cert, old_.key, ""}).ok());
  EXPECT_EQ(ServerName((*reloader)->Current().get()), "new");
}

TEST_F(TlsReload, KeepsTheOldFilesWhenTheNewOnesAreBad) {
  const auto reloader = TlsReloader::Open({old_.cert, old_.key, ""});
  ASSERT_TRUE(reloader.ok());
  const std::shared_ptr<SSL_CTX> before = (*reloader)->Current();
  // Half of an exchange: the certificate is new, the key still old.
  EXPECT_THAT(MessageOf((*reloader)->Reload({new_.cert, old_.key, ""})),
              testing::HasSubstr("is not the key of the certificate"));
  EXPECT_FALSE((*reloader)->Reload({folder_.Write("empty.pem", ""), new_.key, ""}).ok());
  EXPECT_FALSE((*reloader)->Reload({new_.cert, new_.key, folder_.Path("none.pem")}).ok());
  EXPECT_EQ((*reloader)->Current(), before);
}

TEST_F(TlsReload, RefusesBadFilesAtStart) {
  EXPECT_FALSE(TlsReloader::Open({old_.cert, new_.key, ""}).ok());
}

TEST_F(TlsReload, IsSafeWhileOthersAsk) {
  const auto opened = TlsReloader::Open({old_.cert, old_.key, ""});
  ASSERT_TRUE(opened.ok());
  TlsReloader& reloader = **opened;
  std::atomic<bool> done = false;
  std::thread asker([&] {
    while (!done) EXPECT_NE(reloader.Current(), nullptr);
  });
  for (int i = 0; i < 20; ++i) {
    const CertificateFiles& files = i % 2 == 0 ? new_ : old_;
    EXPECT_TRUE(reloader.Reload({files.cert, files.key, ""}).ok());
  }
  done = true;
  asker.join();
}

}  // namespace
}  // namespace belfry::auth
