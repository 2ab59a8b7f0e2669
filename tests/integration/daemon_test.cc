// SPDX-License-Identifier: Apache-2.0
//
// The process itself: how it starts, refuses to start, reloads and stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "tests/support/belfryd_process.h"
#include "tests/support/test_certificates.h"

namespace belfry::test {
namespace {

using testing::HasSubstr;

std::string Http(const BelfrydProcess& broker, const std::string& path) {
  return RunProgram({"/usr/bin/curl", "-s", "-i", "--max-time", "20",
                     "http://127.0.0.1:" + std::to_string(broker.http_port()) + path})
      .out;
}

TEST(Daemon, SaysWhereItListensAndEndsWithZeroWhenAskedTo) {
  BelfrydProcess broker;
  EXPECT_GT(broker.grpc_port(), 0);
  EXPECT_THAT(Http(broker, "/healthz"), HasSubstr("200 OK"));
  EXPECT_THAT(Http(broker, "/readyz"), HasSubstr("ready"));
  EXPECT_THAT(Http(broker, "/metrics"), HasSubstr("belfry_core_messages_in_total 0"));
  broker.Signal(SIGTERM);
  EXPECT_EQ(broker.Wait(), 0);
  EXPECT_THAT(broker.log(), HasSubstr("stopped"));
}

TEST(Daemon, AnHttpListenerThatIsOffIsNullInThePortsFile) {
  BelfrydProcess broker({"--set", "listen.http="});
  EXPECT_EQ(ReadFile(broker.folder().Path("ports")),
            "{\"grpc\":" + std::to_string(broker.grpc_port()) +
                ",\"peer\":null,\"http\":null,\"redis\":null}\n");
}

TEST(Daemon, RefusesToStartOpenToTheNetwork) {
  const auto refused = RunProgram({"belfryd", "--set", "listen.grpc=0.0.0.0:0"});
  EXPECT_EQ(refused.exit_status, 1);
  EXPECT_THAT(refused.err, HasSubstr("security.insecure = true"));
  EXPECT_THAT(refused.err, HasSubstr("listen.grpc"));
}

TEST(Daemon, WrongUsageIsTwoAndBadConfigurationIsOne) {
  EXPECT_EQ(RunProgram({"belfryd", "--no-such-flag"}).exit_status, 2);
  const auto unknown = RunProgram({"belfryd", "--set", "limits.payload_byte=1"});
  EXPECT_EQ(unknown.exit_status, 1);
  EXPECT_THAT(unknown.err, HasSubstr("limits.payload_bytes"));
  const BelfrydProcess taken;
  const auto second =
      RunProgram({"belfryd", "--set", "listen.http=", "--set", "listen.grpc=" + taken.address()});
  EXPECT_EQ(second.exit_status, 1);
  EXPECT_THAT(second.err, HasSubstr(taken.address()));
  EXPECT_EQ(RunProgram({"belfryd", "--config", "/nonexistent/belfry.toml"}).exit_status, 1);
}

TEST(Daemon, PrintsAndChecksItsConfiguration) {
  const auto printed = RunProgram({"belfryd", "--print-config", "--set", "log.level=debug"});
  EXPECT_EQ(printed.exit_status, 0);
  EXPECT_THAT(printed.out, HasSubstr("level = \"debug\""));
  TempFolder folder;
  std::ofstream(folder.Path("c.toml")) << printed.out;
  EXPECT_EQ(
      RunProgram({"belfryd", "--check-config", "--config", folder.Path("c.toml")}).exit_status, 0);
  EXPECT_EQ(RunProgram({"belfryd", "--check-config", "--config", BELFRY_SOURCE "/conf/belfry.toml"})
                .exit_status,
            0);
  EXPECT_THAT(RunProgram({"belfryd", "--version"}).out, HasSubstr("belfryd 0."));
}

TEST(Daemon, AReloadTakesOverOrKeepsTheOldWhole) {
  TempFolder folder;
  const auto write = [&](const std::string& text) { std::ofstream(folder.Path("c.toml")) << text; };
  write("[log]\nlevel = \"info\"\n");
  BelfrydProcess broker({"--config", folder.Path("c.toml")});
  write("[slow]\nqueue_age = \"3s\"\n[io]\nthreads = 7\n");
  broker.Signal(SIGHUP);
  ASSERT_TRUE(WaitFor([&] { return broker.log().find("reloaded") != std::string::npos; }));
  EXPECT_THAT(broker.log(), HasSubstr("slow.queue_age"));
  EXPECT_THAT(broker.log(), HasSubstr("needs_restart=io.threads"));
  write("[slow]\nqueue_age = \"sometimes\"\n");
  broker.Signal(SIGHUP);
  ASSERT_TRUE(WaitFor([&] { return broker.log().find("reload refused") != std::string::npos; }));
  EXPECT_THAT(Http(broker, "/readyz"), HasSubstr("200 OK"));
}

TEST(Daemon, AReloadReplacesCertificatesAndKeepsGoodOnes) {
  TestCertificates certificates;
  const auto authority = certificates.MakeAuthority("ca");
  const auto first = certificates.Issue(authority, "first");
  const auto second = certificates.Issue(authority, "second");
  TempFolder folder;
  const auto use = [&](const CertificateFiles& files) {
    std::ofstream(folder.Path("cert.pem")) << ReadFile(files.cert);
    std::ofstream(folder.Path("key.pem")) << ReadFile(files.key);
  };
  use(first);
  BelfrydProcess broker({"--set", "security.tls.cert=" + folder.Path("cert.pem"), "--set",
                         "security.tls.key=" + folder.Path("key.pem")});
  const auto subject = [&] {
    return RunProgram({"/bin/sh", "-c",
                       "openssl s_client -connect " + broker.address() +
                           " -alpn h2 </dev/null 2>/dev/null | openssl x509 -noout -subject"})
        .out;
  };
  EXPECT_THAT(subject(), HasSubstr("first"));
  use(second);
  broker.Signal(SIGHUP);
  ASSERT_TRUE(WaitFor([&] { return broker.log().find("reloaded") != std::string::npos; }));
  EXPECT_THAT(subject(), HasSubstr("second"));
  std::ofstream(folder.Path("cert.pem")) << "half a certificate";
  broker.Signal(SIGHUP);
  ASSERT_TRUE(WaitFor([&] { return broker.log().find("reload refused") != std::string::npos; }));
  EXPECT_THAT(subject(), HasSubstr("second"));
}

}  // namespace
}  // namespace belfry::test
