// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/host_port.h"

#include <gtest/gtest.h>

namespace belfry::reactor {
namespace {

TEST(HostPort, ParsesV4) {
  const auto parsed = HostPort::Parse("127.0.0.1:7450");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->host, "127.0.0.1");
  EXPECT_EQ(parsed->port, 7450);
  EXPECT_FALSE(parsed->v6);
  EXPECT_EQ(parsed->ToString(), "127.0.0.1:7450");
}

TEST(HostPort, ParsesV6) {
  const auto parsed = HostPort::Parse("[::1]:65535");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->host, "::1");
  EXPECT_EQ(parsed->port, 65535);
  EXPECT_TRUE(parsed->v6);
  EXPECT_EQ(parsed->ToString(), "[::1]:65535");
}

TEST(HostPort, ParsesPortZero) { EXPECT_EQ(HostPort::Parse("0.0.0.0:0")->port, 0); }

TEST(HostPort, RefusesWhatIsNotANumericAddress) {
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", "localhost:7450", "127.0.0.1:65536",
                           "127.0.0.1:-1", "127.0.0.1:1x", "127.0.0.1: 1", "::1:7450", "[::1]7450",
                           "[::1]", "[]:1", "[127.0.0.1]:1", "256.0.0.1:1", "127.0.0.1:7450:1"}) {
    const auto parsed = HostPort::Parse(text);
    EXPECT_EQ(parsed.status().code(), StatusCode::kInvalidArgument) << text;
    EXPECT_NE(MessageOf(parsed.status()).find('"' + std::string(text) + '"'), std::string::npos);
  }
}

TEST(HostPort, KnowsLoopback) {
  for (const char* host : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host :
       {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "::2", "::ffff:10.0.0.1", "localhost", ""}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

}  // namespace
}  // namespace belfry::reactor
