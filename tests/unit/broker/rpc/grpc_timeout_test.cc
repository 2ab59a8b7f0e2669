// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/grpc_timeout.h"

#include <gtest/gtest.h>

#include <chrono>

namespace belfry::rpc {
namespace {

using namespace std::chrono_literals;

TEST(GrpcTimeout, KnowsEveryUnit) {
  EXPECT_EQ(ParseGrpcTimeout("2H"), Duration(2h));
  EXPECT_EQ(ParseGrpcTimeout("3M"), Duration(3min));
  EXPECT_EQ(ParseGrpcTimeout("4S"), Duration(4s));
  EXPECT_EQ(ParseGrpcTimeout("5m"), Duration(5ms));
  EXPECT_EQ(ParseGrpcTimeout("6u"), Duration(6us));
  EXPECT_EQ(ParseGrpcTimeout("7n"), Duration(7ns));
  EXPECT_EQ(ParseGrpcTimeout("0n"), Duration(0));
}

TEST(GrpcTimeout, TakesEightDigitsAndBoundsWhatWouldOverflow) {
  EXPECT_EQ(ParseGrpcTimeout("99999999n"), Duration(99'999'999));
  EXPECT_EQ(ParseGrpcTimeout("99999999H"), Duration(10 * 365 * 24h));
  EXPECT_EQ(ParseGrpcTimeout("99999999M"), Duration(10 * 365 * 24h));
  EXPECT_EQ(ParseGrpcTimeout("99999999S"), Duration(99'999'999s));
}

TEST(GrpcTimeout, RefusesEverythingElse) {
  for (const char* text :
       {"", "S", "1", "1s", "1h", "-1S", "+1S", " 1S", "1 S", "1.5S", "123456789S", "1SS", "xS"}) {
    EXPECT_EQ(ParseGrpcTimeout(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace belfry::rpc
