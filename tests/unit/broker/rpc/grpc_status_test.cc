// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/grpc_status.h"

#include <gtest/gtest.h>

#include <string>

namespace belfry::rpc {
namespace {

TEST(GrpcStatus, EncodesWhatIsNotPlainAscii) {
  EXPECT_EQ(PercentEncode("plain text, with punctuation: ~!"), "plain text, with punctuation: ~!");
  EXPECT_EQ(PercentEncode("100%"), "100%25");
  EXPECT_EQ(PercentEncode("a\nb\x7f"), "a%0Ab%7F");
  EXPECT_EQ(PercentEncode("Z\xc3\xbc"), "Z%C3%BC");
  EXPECT_EQ(PercentEncode(std::string_view("\0", 1)), "%00");
}

TEST(GrpcStatus, GivesTheCanonicalNumber) {
  EXPECT_EQ(GrpcStatusText(Status()).code, "0");
  EXPECT_EQ(GrpcStatusText(Status()).message, "");
  EXPECT_EQ(GrpcStatusText(Cancelled("x")).code, "1");
  EXPECT_EQ(GrpcStatusText(DeadlineExceeded("x")).code, "4");
  EXPECT_EQ(GrpcStatusText(Unimplemented("x")).code, "12");
  EXPECT_EQ(GrpcStatusText(Unavailable("gone")).code, "14");
  EXPECT_EQ(GrpcStatusText(Unavailable("gone")).message, "gone");
}

TEST(GrpcStatus, CutsALongText) {
  EXPECT_EQ(GrpcStatusText(Internal(std::string(100'000, 'x'))).message.size(), 1024u);
}

}  // namespace
}  // namespace belfry::rpc
