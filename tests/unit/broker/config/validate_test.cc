// SPDX-License-Identifier: Apache-2.0
#include "broker/config/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belfry::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string ErrorOf(const Config& config) {
  const Status status = Validate(config);
  return status.ok() ? "no error" : MessageOf(status);
}

Config WithTls() {
  Config config;
  config.security.tls = {"cert.pem", "key.pem", "ca.pem"};
  return config;
}

TEST(Validate, TakesTheDefaults) { EXPECT_EQ(ErrorOf(Config{}), "no error"); }

TEST(Validate, RefusesAnOpenListenerAndNamesTheThreeWaysOut) {
  Config config;
  config.listen.grpc = "0.0.0.0:7450";
  EXPECT_THAT(ErrorOf(config),
              AllOf(HasSubstr("listen.grpc = \"0.0.0.0:7450\""), HasSubstr("loopback"),
                    HasSubstr("security.tls.cert"), HasSubstr("security.tls.client_ca"),
                    HasSubstr("security.insecure = true")));
}

TEST(Validate, TlsWithClientCertificatesOpensTheGrpcListener) {
  Config config = WithTls();
  for (const char* address : {"0.0.0.0:7450", "[::]:7450", "[2001:db8::7]:7450", "10.0.0.1:0"}) {
    config.listen.grpc = address;
    EXPECT_EQ(ErrorOf(config), "no error") << address;
  }
}

TEST(Validate, TlsWithoutClientCertificatesIsNotAuthentication) {
  Config config = WithTls();
  config.security.tls.client_ca = "";
  EXPECT_EQ(ErrorOf(config), "no error") << "loopback needs none";
  config.listen.grpc = "[::]:7450";
  EXPECT_THAT(ErrorOf(config), HasSubstr("listen.grpc"));
}

TEST(Validate, HttpBeyondLoopbackIsOpenWhateverTlsSays) {
  Config config = WithTls();
  config.listen.http = "0.0.0.0:7452";
  EXPECT_THAT(ErrorOf(config), AllOf(HasSubstr("listen.http = \"0.0.0.0:7452\""),
                                     HasSubstr("loopback"), HasSubstr("security.insecure = true")));
  config.listen.http = "";
  EXPECT_EQ(ErrorOf(config), "no error");
}

TEST(Validate, InsecureOpensEveryListener) {
  Config config;
  config.listen.grpc = "0.0.0.0:7450";
  config.listen.http = "0.0.0.0:7452";
  config.security.insecure = true;
  EXPECT_EQ(ErrorOf(config), "no error");
}

TEST(Validate, CertificateAndKeyComeTogether) {
  Config config;
  config.security.tls.cert = "cert.pem";
  EXPECT_THAT(ErrorOf(config), HasSubstr("security.tls.cert is set without security.tls.key"));
  config.security.tls = {"", "key.pem", ""};
  EXPECT_THAT(ErrorOf(config), HasSubstr("security.tls.key is set without security.tls.cert"));
  config.security.tls = {"", "", "ca.pem"};
  EXPECT_THAT(ErrorOf(config), HasSubstr("security.tls.client_ca is set without"));
  config.security.insecure = true;
  EXPECT_THAT(ErrorOf(config), HasSubstr("security.tls.client_ca is set without"))
      << "insecure opens a listener, it does not excuse half a TLS setting";
}

TEST(Validate, FramesAndQueuesHoldTheLargestMessage) {
  Config config;
  config.limits.payload_bytes = uint64_t{16} << 20;
  EXPECT_THAT(ErrorOf(config), AllOf(HasSubstr("limits.frame_bytes = \"4MiB\""),
                                     HasSubstr("limits.payload_bytes = \"16MiB\""),
                                     HasSubstr("set it to \"16448KiB\" or more")));
  config.limits.frame_bytes = uint64_t{32} << 20;
  EXPECT_THAT(ErrorOf(config), HasSubstr("slow.queue_bytes = \"16MiB\""));
  config.slow.queue_bytes = uint64_t{32} << 20;
  EXPECT_EQ(ErrorOf(config), "no error");
}

TEST(Validate, ANodeNeedsSomeMemory) {
  Config config;
  config.limits.memory = 10;
  EXPECT_THAT(ErrorOf(config), HasSubstr("limits.memory"));
  config.limits.memory = uint64_t{16} << 20;
  EXPECT_TRUE(Validate(config).ok());
  config.limits.memory = 0;
  EXPECT_TRUE(Validate(config).ok());
}

}  // namespace
}  // namespace belfry::config
