// SPDX-License-Identifier: Apache-2.0
//
// What each overflow policy, and the node's memory limit, do to a reader of the real broker that
// stops: everything that was published has come or is told as lost, exactly.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/belfryd_process.h"
#include "tests/support/raw_client.h"

namespace belfry::test {
namespace {

using testing::HasSubstr;

class StoppedReader : public testing::Test {
 protected:
  // Far more than sockets and windows take.
  static constexpr int kMessages = 400;

  explicit StoppedReader(const std::string& memory = "limits.memory=0B",
                         const std::string& queue = "slow.queue_bytes=2MiB")
      : broker_({"--set", memory, "--set", queue, "--set", "slow.queue_age=1h", "--set",
                 "io.threads=1"}) {}

  void Subscribe(v1::OverflowPolicy policy) {
    client_.Connect();
    client_.Subscribe("t", policy);
  }
  void Flood() {
    const std::string filling(100'000, 'x');
    for (int i = 0; i < kMessages; ++i) {
      publisher_.Publish("t", std::to_string(i) + filling, std::to_string(i % 10));
    }
  }

  // Reads until messages and gaps make up all of them, in order; returns what gaps of this cause
  // told.
  uint64_t ReadToTheEnd(v1::GapCause cause) {
    uint64_t lost = 0;
    int expected = 0;
    while (expected < kMessages) {
      const v1::ServerFrame frame = client_.Next();
      if (frame.has_gap()) {
        EXPECT_EQ(frame.gap().cause(), cause);
        EXPECT_EQ(frame.gap().topics(0).count(), frame.gap().count());
        lost += frame.gap().count();
        expected += static_cast<int>(frame.gap().count());
      }
      for (const v1::Message& message : frame.deliver().messages()) {
        EXPECT_EQ(std::stoi(message.payload()), expected++);
      }
      if (testing::Test::HasFailure()) break;
    }
    return lost;
  }

  BelfrydProcess broker_;
  RawPublisher publisher_{broker_.address()};
  RawClient client_{broker_.address(), "ann"};
};

TEST_F(StoppedReader, WithDisconnectLosesItsSession) {
  Subscribe(v1::OVERFLOW_POLICY_DISCONNECT);
  Flood();
  const grpc::Status status = client_.connection().Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("SLOW_SUBSCRIBER"));
}

TEST_F(StoppedReader, WithConflateGetsTheLatestOfEachKeyAndNoGap) {
  Subscribe(v1::OVERFLOW_POLICY_CONFLATE);
  Flood();
  std::map<std::string, int> latest;
  int messages = 0;
  while (latest["9"] != kMessages - 1) {
    const v1::ServerFrame frame = client_.Next();
    ASSERT_TRUE(frame.has_deliver()) << frame.ShortDebugString();
    for (const v1::Message& message : frame.deliver().messages()) {
      ++messages;
      latest[message.key()] = std::stoi(message.payload());
    }
  }
  for (int key = 0; key < 10; ++key) {
    EXPECT_EQ(latest[std::to_string(key)], kMessages - 10 + key);
  }
  EXPECT_LT(messages, kMessages);
}

TEST_F(StoppedReader, WithDropOldestGetsAnExactGapAndTheNewest) {
  Subscribe(v1::OVERFLOW_POLICY_DROP_OLDEST);
  Flood();
  EXPECT_GT(ReadToTheEnd(v1::GAP_CAUSE_OVERFLOW), 0u);
}

TEST_F(StoppedReader, WithDropNewestGetsTheOldestAndThenAnExactGap) {
  Subscribe(v1::OVERFLOW_POLICY_DROP_NEWEST);
  Flood();
  EXPECT_GT(ReadToTheEnd(v1::GAP_CAUSE_OVERFLOW), 0u);
}

// The queue itself may grow to a gigabyte, the node may not.
class ShortOfMemory : public StoppedReader {
 protected:
  ShortOfMemory() : StoppedReader("limits.memory=24MiB", "slow.queue_bytes=1GiB") {}
};

TEST_F(ShortOfMemory, ShedsTheQueueAndTellsExactlyHowMuch) {
  Subscribe(v1::OVERFLOW_POLICY_DROP_OLDEST);
  Flood();
  EXPECT_GT(ReadToTheEnd(v1::GAP_CAUSE_MEMORY), 0u);
}

}  // namespace
}  // namespace belfry::test
