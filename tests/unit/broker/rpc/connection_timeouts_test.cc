// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/connection_timeouts.h"

#include <gtest/gtest.h>

#include <chrono>

namespace belfry::rpc {
namespace {

using std::chrono::seconds;
using Due = ConnectionTimeouts::Due;

class ConnectionTimeoutsTest : public ::testing::Test {
 protected:
  const ConnectionLimits limits_;
  const Instant start_{seconds(100)};
  ConnectionTimeouts timeouts_{limits_, start_};

  // What is due at the instant that Next() names, and that nothing is due just before.
  Due AtNext() {
    const Instant next = timeouts_.Next();
    EXPECT_EQ(timeouts_.Check(next - Duration(1)), Due::kNothing);
    return timeouts_.Check(next);
  }
};

TEST_F(ConnectionTimeoutsTest, AHandshakeHasFiveSeconds) {
  EXPECT_EQ(timeouts_.Next(), start_ + seconds(5));
  EXPECT_EQ(AtNext(), Due::kHandshakeOver);
}

TEST_F(ConnectionTimeoutsTest, TheFirstRequestHasTenSecondsWhateverElseComes) {
  timeouts_.OnHandshakeDone(start_);
  timeouts_.OnReceived(start_ + seconds(9));
  EXPECT_EQ(timeouts_.Next(), start_ + seconds(10));
  EXPECT_EQ(AtNext(), Due::kNoRequest);
}

TEST_F(ConnectionTimeoutsTest, ASilentPeerIsAskedThenGivenUp) {
  timeouts_.OnHandshakeDone(start_);
  timeouts_.OnRequest();
  EXPECT_EQ(timeouts_.Next(), start_ + seconds(20));
  EXPECT_EQ(AtNext(), Due::kSendPing);
  timeouts_.OnPingSent(start_ + seconds(20));
  EXPECT_EQ(timeouts_.Next(), start_ + seconds(30));
  EXPECT_EQ(AtNext(), Due::kPeerSilent);
}

TEST_F(ConnectionTimeoutsTest, AnyByteAnswersThePing) {
  timeouts_.OnHandshakeDone(start_);
  timeouts_.OnRequest();
  timeouts_.OnPingSent(start_ + seconds(20));
  timeouts_.OnReceived(start_ + seconds(29));
  EXPECT_EQ(timeouts_.Next(), start_ + seconds(49));
  EXPECT_EQ(AtNext(), Due::kSendPing);
}

TEST_F(ConnectionTimeoutsTest, ADrainWaitsOneSecondForItsAnswer) {
  timeouts_.OnHandshakeDone(start_);
  timeouts_.OnRequest();
  timeouts_.OnDrainNotice(start_ + seconds(3));
  EXPECT_EQ(timeouts_.Next(), start_ + seconds(4));
  EXPECT_EQ(AtNext(), Due::kDrainNotice);
  timeouts_.OnDrainNoticeDone();
  EXPECT_EQ(timeouts_.Check(start_ + seconds(4)), Due::kNothing);
}

TEST_F(ConnectionTimeoutsTest, LingeringEndsWhateverElseIsDue) {
  timeouts_.OnHandshakeDone(start_);
  timeouts_.OnLinger(start_ + seconds(60));
  EXPECT_EQ(timeouts_.Next(), start_ + seconds(61));
  EXPECT_EQ(AtNext(), Due::kLingerOver);
}

}  // namespace
}  // namespace belfry::rpc
