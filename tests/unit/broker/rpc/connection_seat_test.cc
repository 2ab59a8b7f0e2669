// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/connection_seat.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>

#include "common/clock.h"

namespace belfry::test {
namespace {

using rpc::ConnectionSeat;

class ConnectionSeatTest : public ::testing::Test, public ConnectionSeat::Occupant {
 protected:
  ConnectionSeatTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0);
    seat_ = ConnectionSeat::Take(reactor_, ours(), *this);
  }
  ~ConnectionSeatTest() override {
    seat_->Leave();
    for (const int fd : ends_) close(fd);
  }
  void OnReadable() override { ++readables_; }
  void OnWritable() override { ++writables_; }
  void OnTick() override { ++ticks_; }

  int ours() const { return ends_[0]; }
  void Say() { EXPECT_EQ(send(ends_[1], "x", 1, 0), 1); }
  void Turns(int turns = 4) {
    for (int i = 0; i < turns; ++i) reactor_.RunTurn(clock_.Now());
  }
  bool Until(const std::function<bool()>& done) {
    const Instant end = clock_.Now() + std::chrono::seconds(10);
    while (!done() && clock_.Now() < end) {
      reactor_.RunTurn(clock_.Now() + std::chrono::milliseconds(1));
    }
    return done();
  }

  SystemClock clock_;
  reactor::Reactor reactor_{0, clock_};
  std::array<int, 2> ends_;
  std::shared_ptr<ConnectionSeat> seat_;
  int readables_ = 0;
  int writables_ = 0;
  int ticks_ = 0;
};

TEST_F(ConnectionSeatTest, TellsOnceForEachWait) {
  seat_->WaitReadable();
  seat_->WaitReadable();
  Turns();
  EXPECT_EQ(readables_, 0);
  Say();
  Turns();
  EXPECT_EQ(readables_, 1);
  seat_->WaitReadable();  // it still is
  seat_->WaitWritable();
  EXPECT_TRUE(seat_->waiting_writable());
  Turns();
  EXPECT_EQ(readables_, 2);
  EXPECT_EQ(writables_, 1);
  EXPECT_FALSE(seat_->waiting_writable());
}

TEST_F(ConnectionSeatTest, ReadsInTheNextTurnWithoutTheDescriptor) {
  seat_->ReadNextTurn();
  EXPECT_EQ(readables_, 0);
  Turns(1);
  EXPECT_EQ(readables_, 1);
}

TEST_F(ConnectionSeatTest, TicksByTheEarlierInstant) {
  const Instant start = clock_.Now();
  seat_->TickBy(start + std::chrono::seconds(30));
  seat_->TickBy(start + std::chrono::milliseconds(5));
  seat_->TickBy(start + std::chrono::seconds(20));
  EXPECT_TRUE(Until([&] { return ticks_ == 1; }));
  EXPECT_GE(clock_.Now(), start + std::chrono::milliseconds(5));
}

TEST_F(ConnectionSeatTest, NothingComesOnceLeft) {
  Say();
  seat_->WaitReadable();
  seat_->WaitWritable();
  seat_->ReadNextTurn();
  seat_->TickBy(clock_.Now());
  // All of it is due, some of it queued.
  seat_->Leave();
  bool later = false;
  reactor::Timer timer(reactor_, [&] { later = true; });
  timer.StartOnce(std::chrono::milliseconds(5));
  ASSERT_TRUE(Until([&] { return later; }));
  EXPECT_EQ(readables_ + writables_ + ticks_, 0);
}

TEST_F(ConnectionSeatTest, LeavesTheDescriptorOpenForAnother) {
  seat_->WaitReadable();
  seat_->Leave();
  Turns();
  reactor::Reactor other(1, clock_);
  const auto next = ConnectionSeat::Take(other, ours(), *this);
  ASSERT_NE(next, nullptr);
  next->WaitReadable();
  Say();
  for (int i = 0; i < 4; ++i) other.RunTurn(clock_.Now());
  EXPECT_EQ(readables_, 1);
  next->Leave();
}

// The kernel refuses to watch a descriptor that is watched already, as it does at its limit.
TEST_F(ConnectionSeatTest, IsNotToBeHadWhereTheDescriptorCannotBeWatched) {
  EXPECT_EQ(ConnectionSeat::Take(reactor_, ours(), *this), nullptr);
  Say();  // and it is open still
}

}  // namespace
}  // namespace belfry::test
