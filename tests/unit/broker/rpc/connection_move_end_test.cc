// SPDX-License-Identifier: Apache-2.0
//
// A connection that should go from one reactor to another: when it may not, and what ends it on its
// way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <string_view>

#include "broker/reactor/timer.h"
#include "tests/unit/broker/rpc/move_by_hand.h"

namespace belfry::test {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(MoveByHand, IsRefusedIfItIsNotTheSoleStream) {
  OpenHere();
  rpc::Call& first = call();
  const int32_t second = OpenAndSend({"second"});
  Pass(0);
  EXPECT_FALSE(first.MoveTo(*reactors_[1]));
  EXPECT_FALSE(call().MoveTo(*reactors_[1]));
  client_->HalfClose(second);
  Pass(0);
  method_.TakeNotes();
  EXPECT_TRUE(first.MoveTo(*reactors_[1]));  // it is again
  Turn(0);
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved"));
}

TEST_F(MoveByHand, IsRefusedWhereThereIsNoHostOrNoNeed) {
  OpenHere();
  reactor::Reactor foreign(7, time_);
  EXPECT_FALSE(call().MoveTo(foreign));
  EXPECT_FALSE(call().MoveTo(*reactors_[0])) << "it is there already";
  EXPECT_TRUE(call().MoveTo(*reactors_[1]));
  EXPECT_FALSE(call().MoveTo(*reactors_[1])) << "it is on its way";
}

TEST_F(MoveByHand, IsRefusedOnceTheCallIsOver) {
  OpenHere();
  call().Finish(Status());
  EXPECT_FALSE(MoveToOther());
}

TEST_F(MoveByHand, IsRefusedOnceTheCallIsReset) {
  method_.on_closed = [&](rpc::Call&, const Status&) { EXPECT_FALSE(MoveToOther()); };
  const int32_t call_id = OpenHere();
  client_->Reset(call_id);
  Pass(0);
  EXPECT_EQ(method_.closed, 1);
}

TEST_F(MoveByHand, IsRefusedWhileDraining) {
  const int32_t call_id = OpenHere();
  hosts_[0]->DrainAll();
  EXPECT_FALSE(MoveToOther());
  client_->Send(call_id, "x");
  Pass(0);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message x")) << "nothing has happened";
}

TEST_F(MoveByHand, IsRefusedWhenTheConnectionEnds) {
  method_.on_closed = [&](rpc::Call&, const Status&) { EXPECT_FALSE(MoveToOther()); };
  OpenHere();
  client_.reset();
  Turn(0);
  EXPECT_EQ(method_.closed, 1);
  EXPECT_EQ(counters_.connections, 0u);
}

TEST_F(MoveByHand, ABreakOnTheWayIsToldThere) {
  OpenAndSend({"go", "a"});
  Pass(0);
  client_.reset();
  Turn(0);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go"));
  EXPECT_EQ(counters_.connections, 1u);
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 message a", kUnavailableThere));
  EXPECT_EQ(counters_.connections, 0u);
  EXPECT_EQ(hosts_[1]->load(), 0u);
  EXPECT_THAT(closed_, ElementsAre(kAddress));
}

TEST_F(MoveByHand, AResetOnTheWayIsToldThere) {
  const int32_t call = OpenAndSend({"go", "a"});
  client_->Reset(call);
  Pass(0);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go"));
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 message a", kCancelledThere));
  EXPECT_EQ(counters_.connections, 1u);
}

TEST_F(MoveByHand, AnEndByTheHandlerOnTheWayIsToldThere) {
  method_.on_message = [&](rpc::Call& call, std::string_view) {
    EXPECT_TRUE(MoveToOther());
    call.Finish(NotFound("not like this"));
  };
  const int32_t call = OpenAndSend({"go", "a"});
  Pass(0);
  EXPECT_THAT(method_.Notes(), IsEmpty());
  ASSERT_TRUE(Until([&] { return client_->reply(call).closed; }));
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 closed 5"));
  EXPECT_EQ(client_->reply(call).Status(), "5");
}

// The client does not answer a PING: its time runs out before the connection has left.
TEST_F(MoveByHand, SilenceOnTheWayIsNoticedThere) {
  limits_.keepalive_interval = limits_.keepalive_timeout = milliseconds(5);
  OpenHere();
  time_.Advance(milliseconds(5));
  const auto let_timers_fire = [&](size_t index) {
    bool fired = false;
    reactor::Timer timer(*reactors_[index], [&] { fired = true; });
    timer.StartOnce(milliseconds(20));
    while (!fired) Turn(index);
  };
  let_timers_fire(0);  // the PING
  ASSERT_TRUE(MoveToOther());
  time_.Advance(milliseconds(5));
  let_timers_fire(1);
  EXPECT_THAT(method_.Notes(), IsEmpty());
  Turn(0);
  EXPECT_THAT(method_.Notes(), IsEmpty());
  let_timers_fire(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", kUnavailableThere));
  EXPECT_EQ(counters_.timeouts, 1u);
}

TEST_F(MoveByHand, AStopOfTheOldHostLetsItGoAndTheNewOneEndsIt) {
  OpenHere();
  ASSERT_TRUE(MoveToOther());
  hosts_[0]->StopAll(Unavailable("the server is stopping"));
  EXPECT_THAT(method_.Notes(), IsEmpty());
  EXPECT_EQ(hosts_[0]->load(), 0u);
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved"));
  method_.turning = 1;
  hosts_[1]->StopAll(Unavailable("the server is stopping"));
  EXPECT_THAT(method_.TakeNotes(), ElementsAre(kUnavailableThere));
  EXPECT_EQ(counters_.connections, 0u);
}

TEST_F(MoveByHand, ItArrivesAfterTheStopAndIsEndedThen) {
  OpenAndSend({"go", "a"});
  Pass(0);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go"));
  method_.on_moved = [&](rpc::Call& call) {
    method_.Note(call, "moved");
    EXPECT_FALSE(MoveToOther());
  };
  for (const auto& host : hosts_) host->StopAll(Unavailable("the server is stopping"));
  EXPECT_THAT(method_.Notes(), IsEmpty());
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", kUnavailableThere));
  EXPECT_EQ(method_.last_closed().message(), "the server is stopping");
  EXPECT_EQ(counters_.connections, 0u);
  EXPECT_EQ(hosts_[1]->load(), 0u);
  EXPECT_THAT(closed_, ElementsAre(kAddress));
  EXPECT_TRUE(client_->WaitLost());
  EXPECT_EQ(client_->goaway_code(), uint32_t{NGHTTP2_NO_ERROR}) << "it was told";
}

TEST_F(MoveByHand, ADrainOfTheOldHostGoesWithIt) {
  const int32_t call = OpenHere();
  ASSERT_TRUE(MoveToOther());
  hosts_[0]->DrainAll();
  ASSERT_TRUE(Until([&] { return client_->goaways() == 2; }));
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved"));
  client_->HalfClose(call);
  ASSERT_TRUE(Until([&] { return client_->connection_lost(); }));
  EXPECT_EQ(client_->reply(call).Status(), "0");
}

TEST_F(MoveByHand, ADrainOfTheNewHostMeetsIt) {
  const int32_t call = OpenHere();
  ASSERT_TRUE(MoveToOther());
  Turn(0);
  hosts_[1]->DrainAll();
  method_.on_moved = [&](rpc::Call& call) {
    method_.Note(call, "moved");
    EXPECT_FALSE(MoveToOther());
  };
  ASSERT_TRUE(Until([&] { return client_->goaways() == 2; }));
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved"));
  client_->HalfClose(call);
  ASSERT_TRUE(Until([&] { return client_->connection_lost(); }));
}

TEST_F(MoveByHand, IsClosedWhereItCannotBeWatched) {
  // The kernel refuses to watch a descriptor that is watched already, as it does at its limit.
  asio::posix::stream_descriptor watched(reactors_[1]->io(), server_fd_);
  OpenAndSend({"go", "a"});
  Pass(0);
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go", "1 moved", kUnavailableThere));
  EXPECT_EQ(counters_.connections, 0u);
  EXPECT_EQ(hosts_[1]->load(), 0u);
  EXPECT_THAT(closed_, ElementsAre(kAddress));
  watched.release();
  EXPECT_TRUE(client_->WaitLost());
}

// The handler goes without an OnClosed, and must not be harmed by using its call to the last.
TEST_F(MoveByHand, OneThatNeverArrivesIsDestroyedWithTheReactor) {
  int destroyed = 0;
  method_.on_destroyed = [&](rpc::Call& call) {
    ++destroyed;
    EXPECT_FALSE(call.writable());
    EXPECT_FALSE(call.MoveTo(*reactors_[0]));
    Write(call, "nobody reads this");
    call.PauseReading();
    call.ResumeReading();
    call.Finish(Status());
  };
  const int32_t call = client_->Open(kTalk, {{"grpc-timeout", "1H"}});
  client_->Send(call, "go");
  client_->Send(call, "a");
  Pass(0);
  for (const auto& host : hosts_) host->StopAll(Status());
  hosts_.clear();
  reactors_.pop_back();
  EXPECT_EQ(destroyed, 1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go"));
  EXPECT_TRUE(client_->WaitLost()) << "its descriptor is closed";
}

TEST_F(MoveByHand, OneThatArrivesWhenItsHostIsGoneIsDestroyed) {
  int destroyed = 0;
  method_.on_destroyed = [&](rpc::Call&) { ++destroyed; };
  OpenAndSend({"go", "a"});
  Pass(0);
  for (const auto& host : hosts_) host->StopAll(Status());
  hosts_.clear();
  EXPECT_EQ(destroyed, 0);
  Turn(1);
  EXPECT_EQ(destroyed, 1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go"));
  EXPECT_TRUE(client_->WaitLost());
}

}  // namespace
}  // namespace belfry::test
