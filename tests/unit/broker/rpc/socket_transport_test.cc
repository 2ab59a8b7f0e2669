// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/socket_transport.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace belfry::rpc {
namespace {

class SocketTransportTest : public ::testing::Test {
 protected:
  SocketTransportTest() : transport_(Connect(pair_)) {}
  ~SocketTransportTest() override {
    close(pair_[0]);
    if (pair_[1] >= 0) close(pair_[1]);
  }
  static int Connect(int (&pair)[2]) {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    return pair[0];
  }
  void ClosePeer() { close(std::exchange(pair_[1], -1)); }

  int pair_[2] = {-1, -1};
  SocketTransport transport_;
  char buffer_[100];
};

TEST_F(SocketTransportTest, ReadsWhatThereIs) {
  EXPECT_EQ(transport_.Read(buffer_).outcome, IoOutcome::kWantRead);
  ASSERT_EQ(write(pair_[1], "hello", 5), 5);
  const IoResult result = transport_.Read(buffer_);
  EXPECT_EQ(result.outcome, IoOutcome::kDone);
  EXPECT_EQ(std::string(buffer_, result.bytes), "hello");
  ClosePeer();
  EXPECT_EQ(transport_.Read(buffer_).outcome, IoOutcome::kEnd);
}

TEST_F(SocketTransportTest, WritesManyPiecesAtOnce) {
  auto kept = Ref<const RefCounted>();
  static const std::string piece = "piece;";
  ByteChain chain;
  for (int i = 0; i < 50; ++i) chain.AppendReference(kept, piece);
  const IoResult result = transport_.Write(chain);
  EXPECT_EQ(result.outcome, IoOutcome::kDone);
  EXPECT_EQ(result.bytes, 300u);
  EXPECT_TRUE(chain.empty());
}

TEST_F(SocketTransportTest, WritesPartOfWhatDoesNotFitAndSaysSo) {
  ByteChain chain;
  chain.Append(std::string(10'000'000, 'x'));
  const IoResult result = transport_.Write(chain);
  EXPECT_EQ(result.outcome, IoOutcome::kWantWrite);
  EXPECT_GT(result.bytes, 0u);
  EXPECT_EQ(chain.size(), 10'000'000 - result.bytes);
  const IoResult again = transport_.Write(chain);
  EXPECT_EQ(again.outcome, IoOutcome::kWantWrite);
  EXPECT_EQ(again.bytes, 0u);
}

TEST_F(SocketTransportTest, AGonePeerIsAFailureNotASignal) {
  ClosePeer();
  ByteChain chain;
  chain.Append("x");
  EXPECT_EQ(transport_.Write(chain).outcome, IoOutcome::kFailed);
}

}  // namespace
}  // namespace belfry::rpc
