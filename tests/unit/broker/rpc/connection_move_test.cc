// SPDX-License-Identifier: Apache-2.0
//
// A connection that goes from one reactor to another: what is heard where, windows, output. How it
// can end: connection_move_end_test.cc. Between running reactors: server_move_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <string_view>

#include "tests/unit/broker/rpc/move_by_hand.h"

namespace belfry::test {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(MoveByHand, WhatIsBehindIsHeardThereAfterOnMoved) {
  const int32_t call = OpenAndSend({"go", "a", "b"});
  client_->HalfClose(call);
  Pass(0);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go"));
  EXPECT_EQ(hosts_[0]->load(), 0u);
  EXPECT_EQ(hosts_[1]->load(), 1u);
  EXPECT_EQ(counters_.connections, 1u);
  Turn(1);
  EXPECT_THAT(method_.Notes(),
              ElementsAre("1 moved", "1 message a", "1 message b", "1 half close", "1 closed 0"));
  ASSERT_TRUE(Until([&] { return client_->reply(call).closed; }));
  EXPECT_THAT(client_->reply(call).messages, ElementsAre("go", "a", "b"));
  EXPECT_EQ(client_->reply(call).Status(), "0");
  EXPECT_THAT(closed_, IsEmpty());
}

TEST_F(MoveByHand, WhatIsBehindInTheSameFrameToo) {
  const int32_t call = client_->Open(kTalk);
  client_->SendBytes(call, Http2Client::Framed("go") + Http2Client::Framed("a") +
                               Http2Client::Framed("split").substr(0, 7));
  client_->Ping();
  Pass(0);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go"));
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 message a"));
  client_->SendBytes(call, Http2Client::Framed("split").substr(7));
  client_->HalfClose(call);
  Pass(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 message split", "1 half close", "1 closed 0"));
  ASSERT_TRUE(Until([&] { return client_->reply(call).closed && client_->pings_answered() == 1; }));
}

// The frame that ends the stream also brings the message that moves it.
TEST_F(MoveByHand, AHalfCloseWithTheMessageIsHeardThere) {
  const int32_t call = client_->Open(kTalk);
  client_->Send(call, "go");
  client_->HalfClose(call);
  Pass(0);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go"));
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 half close", "1 closed 0"));
}

TEST_F(MoveByHand, WhatComesWhileItTravelsIsHeardThere) {
  const int32_t call = OpenAndSend({"go"});
  Pass(0);
  client_->Send(call, "late");
  client_->HalfClose(call);
  Pass(0);  // nobody listens there any more
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message go"));
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(),
              ElementsAre("1 moved", "1 message late", "1 half close", "1 closed 0"));
}

TEST_F(MoveByHand, WaitsThatWereDueOnTheOldReactorAreForgotten) {
  const int32_t call = OpenHere();
  client_->Send(call, "next");
  ASSERT_TRUE(client_->Flush());
  ASSERT_TRUE(MoveToOther());
  hosts_[0]->StopAll(Unavailable("the server is stopping"));  // leaves now
  Turn(0);
  EXPECT_THAT(method_.Notes(), IsEmpty());
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 message next"));
}

TEST_F(MoveByHand, MayBeAskedForOutsideOfAnyCallback) {
  const int32_t call = OpenHere();
  EXPECT_TRUE(MoveToOther());
  client_->Send(call, "x");
  Pass(0);
  EXPECT_EQ(&method_.call.load()->reactor(), reactors_[0].get()) << "until OnMoved";
  EXPECT_THAT(method_.Notes(), IsEmpty());
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 message x"));
}

TEST_F(MoveByHand, MayBeAskedForByOnHalfClose) {
  method_.on_half_close = [&](rpc::Call& call) {
    method_.Note(call, "half close");
    EXPECT_TRUE(MoveToOther());
    call.Finish(Status());
  };
  const int32_t call = OpenAndSend({"a"});
  client_->HalfClose(call);
  Pass(0);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message a", "0 half close"));
  ASSERT_TRUE(Until([&] { return client_->reply(call).closed; }));
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 closed 0"));
}

TEST_F(MoveByHand, MayBeAskedForByOnMovedAgain) {
  method_.on_moved = [&](rpc::Call& call) {
    method_.Note(call, "moved");
    if (method_.moved < 4) {
      EXPECT_TRUE(MoveToOther());
    }
  };
  const int32_t call = OpenAndSend({"go", "a"});
  client_->HalfClose(call);
  ASSERT_TRUE(client_->Flush());
  ASSERT_TRUE(Until([&] { return client_->reply(call).closed; }));
  EXPECT_THAT(method_.TakeNotes(),
              ElementsAre("0 message go", "1 moved", "0 moved", "1 moved", "0 moved", "0 message a",
                          "0 half close", "0 closed 0"));
  EXPECT_EQ(hosts_[0]->load(), 1u);
  EXPECT_EQ(hosts_[1]->load(), 0u);
}

// The factory is called for the request's headers; behind them nghttp2 cannot be stopped at once.
TEST_F(MoveByHand, MayBeAskedForAtTheStartWithOtherRequestsBehindIt) {
  method_.on_start = [&](rpc::Call& call) {
    method_.Note(call, "start");
    if (method_.started == 1) {
      EXPECT_TRUE(call.MoveTo(*method_.next(call)));
    }
  };
  const int32_t first = client_->Open(kTalk);
  client_->HalfClose(first);  // a frame without a byte
  ASSERT_TRUE(client_->Flush());
  const int32_t second = OpenAndSend({"second"});
  client_->Send(second, "more");
  Pass(0);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 start"));
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 half close", "1 start",
                                               "1 message second", "1 message more", "1 closed 0"));
  client_->HalfClose(second);
  EXPECT_TRUE(Until([&] { return client_->reply(second).closed; }));
}

TEST_F(MoveByHand, AFloodBehindItIsCutThere) {
  method_.on_start = [&](rpc::Call& call) { EXPECT_TRUE(call.MoveTo(*method_.next(call))); };
  client_->Open(kTalk);
  ASSERT_TRUE(client_->Flush());
  for (int i = 0; i < 200; ++i) client_->Ping();
  Pass(0);
  EXPECT_THAT(method_.Notes(), IsEmpty());
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", kUnavailableThere));
  EXPECT_EQ(counters_.floods_cut, 1u);
  EXPECT_EQ(method_.last_closed().message(), "the connection was cut for breaking the protocol");
  ASSERT_TRUE(Until([&] { return client_->goaway_code().has_value(); }));
  EXPECT_EQ(client_->goaway_code(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  EXPECT_TRUE(Until([&] { return counters_.connections == 0; }));
}

TEST_F(MoveByHand, APausedCallStaysPaused) {
  method_.on_message = [&](rpc::Call& call, std::string_view message) {
    method_.Note(call, "message " + std::string(message));
    call.PauseReading();
    if (message == "a") {
      EXPECT_TRUE(MoveToOther());
    }
  };
  const int32_t call_id = OpenAndSend({"a", "b", "c"});
  Pass(0);
  Turn(1);
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("0 message a", "1 moved"));
  client_->Send(call_id, "d");
  Pass(1);
  EXPECT_THAT(method_.Notes(), IsEmpty());
  for (const char* message : {"1 message b", "1 message c", "1 message d"}) {
    call().ResumeReading();
    Turn(1);
    EXPECT_THAT(method_.TakeNotes(), ElementsAre(message));
  }
}

// What was received and is not consumed keeps its window closed, there as here; what is, opens it.
TEST_F(MoveByHand, TheWindowGoesWithIt) {
  constexpr size_t kMessageBytes = 1000, kWindow = 65536, kMessages = 200;
  constexpr size_t kHeldBack = kMessages * kMessageBytes - kWindow;
  method_.on_start = [&](rpc::Call& call) {
    method_.call = &call;
    call.PauseReading();
  };
  const int32_t call_id = client_->Open(kTalk);
  const auto send = [&] {
    for (size_t i = 0; i < kMessages; ++i) {
      client_->Send(call_id, std::string(kMessageBytes - 5, 'x'));
    }
  };
  // Everything that either side could send by now has been sent and seen.
  const auto settle = [&] {
    for (int i = 0; i < 2; ++i) {
      const int answered = client_->pings_answered();
      client_->Ping();
      ASSERT_TRUE(Until([&] { return client_->pings_answered() > answered; }));
    }
  };
  send();
  ASSERT_TRUE(Until([&] { return client_->bytes_unsent() == kHeldBack; }));
  settle();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(MoveToOther());
    settle();
    EXPECT_EQ(client_->bytes_unsent(), kHeldBack);
  }
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "0 moved", "1 moved"));
  call().ResumeReading();
  ASSERT_TRUE(Until([&] { return client_->reply(call_id).messages.size() == kMessages; }));
  EXPECT_EQ(client_->bytes_unsent(), 0u);
  // It is whole again, but for what nghttp2 gathers before it returns it: less than half.
  call().PauseReading();
  send();
  settle();
  EXPECT_GE(client_->bytes_unsent(), kHeldBack);
  EXPECT_LT(client_->bytes_unsent(), kHeldBack + kWindow / 2);
}

// What stands behind the message that moves it is not consumed by being received.
TEST_F(MoveByHand, TheWindowOfWhatIsHeldBackStaysClosed) {
  constexpr size_t kMessageBytes = 1000, kWindow = 65536;
  const std::string message(kMessageBytes - 5, 'x');
  method_.on_message = [&](rpc::Call&, std::string_view) {
    // Just below half of the window, which nghttp2 would return.
    if (method_.messages == 30) {
      EXPECT_TRUE(MoveToOther());
    }
  };
  method_.on_moved = [](rpc::Call& call) { call.PauseReading(); };
  const int32_t call_id = client_->Open(kTalk);
  for (int i = 0; i < 30; ++i) client_->Send(call_id, message);
  for (int i = 0; i < 100; ++i) client_->Send(call_id, message);
  ASSERT_TRUE(Until([&] { return method_.moved == 1; }));
  for (int i = 0; i < 2; ++i) {
    const int answered = client_->pings_answered();
    client_->Ping();
    ASSERT_TRUE(Until([&] { return client_->pings_answered() > answered; }));
  }
  EXPECT_EQ(method_.messages, 30);
  EXPECT_EQ(client_->bytes_unsent(), 130 * kMessageBytes - kWindow);
}

// More than one buffer full waits in the socket: the second is for the new reactor.
TEST_F(MoveByHand, OneBufferIsReadAndTheNextLeftInTheSocket) {
  constexpr size_t kMessages = 400;
  const int wide = 1 << 20;
  setsockopt(client_->fd(), SOL_SOCKET, SO_SNDBUF, &wide, sizeof(wide));
  const int32_t call_id = client_->Open("/test.Echo/Wide");
  client_->Send(call_id, "first");
  ASSERT_TRUE(Until([&] { return client_->reply(call_id).messages.size() == 1; }));
  client_->Send(call_id, "go");
  for (size_t i = 0; i < kMessages; ++i) client_->Send(call_id, std::string(995, 'x'));
  ASSERT_TRUE(client_->Flush()) << "the socket takes it";
  ASSERT_TRUE(Until([&] { return client_->reply(call_id).messages.size() == kMessages + 2; }));
  EXPECT_EQ(method_.moved, 1);
}

TEST_F(MoveByHand, OutputThatHadNotLeftFollows) {
  const std::string large(1'000'000, 'x');
  method_.on_message = [&](rpc::Call& call, std::string_view) {
    Write(call, "before");
    Write(call, large);
    EXPECT_FALSE(call.writable());
    EXPECT_TRUE(MoveToOther());
  };
  method_.on_moved = [&](rpc::Call& call) {
    method_.Note(call, "moved");
    Write(call, "after");
  };
  const int32_t call = OpenAndSend({"go"});
  Pass(0);
  ASSERT_TRUE(Until([&] { return client_->reply(call).messages.size() == 3; }));
  EXPECT_EQ(client_->reply(call).messages[0], "before");
  EXPECT_TRUE(client_->reply(call).messages[1] == large);
  EXPECT_EQ(client_->reply(call).messages[2], "after");
  EXPECT_THAT(method_.TakeNotes(), ElementsAre("1 moved", "1 writable"));
}

// It waited for the old descriptor to become writable; the new one must be asked.
TEST_F(MoveByHand, AFullSocketIsWaitedForThere) {
  const std::string large(2'000'000, 'x');
  client_->ReturnWindow(0, 0);
  const int32_t call_id = OpenHere();
  Write(call(), large);
  Turn(0);  // as much as the socket takes
  ASSERT_TRUE(MoveToOther());
  Turn(0);
  Turn(1);
  EXPECT_EQ(method_.TakeNotes().front(), "1 moved");
  ASSERT_TRUE(Until([&] { return client_->reply(call_id).messages.size() == 2; }));
  EXPECT_TRUE(client_->reply(call_id).messages[1] == large);
}

}  // namespace
}  // namespace belfry::test
