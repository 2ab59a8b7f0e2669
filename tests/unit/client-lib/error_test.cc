// SPDX-License-Identifier: Apache-2.0
#include "belfry/error.h"

#include <gtest/gtest.h>

#include "client-lib/src/make_error.h"
#include "common/error_code.h"

namespace belfry::client {
namespace {

constexpr bool Same(Error::Code public_code, ErrorCode code) {
  return static_cast<uint32_t>(public_code) == static_cast<uint32_t>(code);
}

// The public header may not include the house's own, so its numbers are held against them here.
TEST(Error, PublicCodesAreTheCatalogue) {
  EXPECT_TRUE(Same(Error::kNone, ErrorCode::kNone));
  EXPECT_TRUE(Same(Error::kBadTopic, ErrorCode::kBadTopic));
  EXPECT_TRUE(Same(Error::kBadFilter, ErrorCode::kBadFilter));
  EXPECT_TRUE(Same(Error::kPayloadTooLarge, ErrorCode::kPayloadTooLarge));
  EXPECT_TRUE(Same(Error::kBadHeader, ErrorCode::kBadHeader));
  EXPECT_TRUE(Same(Error::kTooManySubscriptions, ErrorCode::kTooManySubscriptions));
  EXPECT_TRUE(Same(Error::kSubscriptionIdInUse, ErrorCode::kSubscriptionIdInUse));
  EXPECT_TRUE(Same(Error::kNoReplay, ErrorCode::kNoReplay));
  EXPECT_TRUE(Same(Error::kUnsupportedPolicy, ErrorCode::kUnsupportedPolicy));
  EXPECT_TRUE(Same(Error::kUnsupported, ErrorCode::kUnsupported));
  EXPECT_TRUE(Same(Error::kShuttingDown, ErrorCode::kShuttingDown));
  EXPECT_TRUE(Same(Error::kHeartbeatTimeout, ErrorCode::kHeartbeatTimeout));
  EXPECT_TRUE(Same(Error::kProtocolError, ErrorCode::kProtocolError));
  EXPECT_TRUE(Same(Error::kVersionMismatch, ErrorCode::kVersionMismatch));
  EXPECT_TRUE(Same(Error::kHelloTimeout, ErrorCode::kHelloTimeout));
  EXPECT_TRUE(Same(Error::kNodeMemory, ErrorCode::kNodeMemory));
  EXPECT_TRUE(Same(Error::kSlowSubscriber, ErrorCode::kSlowSubscriber));
  EXPECT_TRUE(Same(Error::kTakenOver, ErrorCode::kTakenOver));
  EXPECT_TRUE(Same(Error::kStaleIncarnation, ErrorCode::kStaleIncarnation));
  EXPECT_TRUE(Same(Error::kKicked, ErrorCode::kKicked));
  EXPECT_TRUE(Same(Error::kSessionMoved, ErrorCode::kSessionMoved));
  EXPECT_TRUE(Same(Error::kLaneHalfFull, ErrorCode::kLaneHalfFull));
  EXPECT_TRUE(Same(Error::kClientClosed, ErrorCode::kClientClosed));
  EXPECT_TRUE(Same(Error::kTimeout, ErrorCode::kTimeout));
  EXPECT_TRUE(Same(Error::kInFlightFull, ErrorCode::kInFlightFull));
  EXPECT_TRUE(Same(Error::kConnectionLost, ErrorCode::kConnectionLost));
  EXPECT_TRUE(Same(Error::kInvalidOption, ErrorCode::kInvalidOption));
  EXPECT_TRUE(Same(Error::kHandlerThrew, ErrorCode::kHandlerThrew));
}

TEST(Error, IsTrueWhenThereIsOne) {
  EXPECT_FALSE(Error());
  EXPECT_TRUE(Error().ok());
  const Error timeout = MakeError(ErrorCode::kTimeout);
  EXPECT_TRUE(timeout);
  EXPECT_TRUE(timeout.retryable);
  EXPECT_FALSE(timeout.text.empty());
}

TEST(Error, AStatusTextNamesItsCode) {
  const Error named = FromStatusText("VERSION_MISMATCH: upgrade: the client");
  EXPECT_EQ(named.code, Error::kVersionMismatch);
  EXPECT_EQ(named.text, "upgrade: the client");
  EXPECT_FALSE(named.retryable);
  for (const char* text :
       {"Connection reset", "UNKNOWN_CODE: x", "TIMEOUT: x", ": x", "", "A: b"}) {
    const Error other = FromStatusText(text);
    EXPECT_EQ(other.code, Error::kConnectionLost) << text;
    EXPECT_EQ(other.text, text);
  }
}

}  // namespace
}  // namespace belfry::client
