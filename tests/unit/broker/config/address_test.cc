// SPDX-License-Identifier: Apache-2.0
#include "broker/config/address.h"

#include <gtest/gtest.h>

namespace belfry::config {
namespace {

TEST(ParseAddress, TakesNumericAddressesWithAPort) {
  const StatusOr<Address> v4 = ParseAddress("127.0.0.1:7450");
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 7450);

  const StatusOr<Address> v6 = ParseAddress("[::1]:0");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 0);
}

// The listeners take numeric addresses only; a check of the configuration must say so.
TEST(ParseAddress, RefusesNames) {
  for (const char* text : {"localhost:7450", "node-1.example:65535", "127.1:7450", "0:7450"}) {
    const StatusOr<Address> name = ParseAddress(text);
    ASSERT_FALSE(name.ok()) << text;
    EXPECT_NE(MessageOf(name.status()).find("write 127.0.0.1 for localhost"), std::string::npos);
  }
}

TEST(ParseAddress, RefusesWhatIsNotWhole) {
  for (const char* text :
       {"", "7450", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
        "127.0.0.1:http", "127.0.0.1:7450 ", ":7450", "::1:7450", "[::1]", "[::1:7450", "[]:7450",
        "[127.0.0.1]:7450", "[fe80::1%eth0]:7450", "a b:1", "*:7450", "http://host:1"}) {
    EXPECT_FALSE(ParseAddress(text).ok()) << text;
  }
  EXPECT_FALSE(ParseAddress(std::string(10'000, 'a') + ":1").ok());
}

TEST(IsLoopback, IsTrueOnlyForWhatNoOtherMachineReaches) {
  for (const char* host :
       {"127.0.0.1", "127.255.3.4", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(IsLoopback({host, 1})) << host;
  }
  // "127.1" and "2130706433" are loopback to some resolvers; whoever means it can say it.
  for (const char* host :
       {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "::ffff:10.0.0.1", "localhost.",
        "LOCALHOST.example", "127.1", "2130706433", "0", "myhost"}) {
    EXPECT_FALSE(IsLoopback({host, 1})) << host;
  }
}

}  // namespace
}  // namespace belfry::config
