// SPDX-License-Identifier: Apache-2.0
//
// The session without a socket: bytes in, bytes out, and when handlers are called.
#include "broker/rpc/http2_session.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/http2_client.h"
#include "tests/unit/broker/rpc/scripted_call_handler.h"

namespace belfry::test {
namespace {

using rpc::Http2Session;

constexpr uint8_t kEndHeaders = NGHTTP2_FLAG_END_HEADERS;

std::string Literal(std::string_view name, std::string_view value) {
  return std::string(name) + static_cast<char>(value.size()) + std::string(value);
}

class Http2SessionTest : public ::testing::Test, private Http2Session::Owner {
 protected:
  Http2SessionTest() {
    table_.Add("/t/m", {}, method_.Factory());
    session_.emplace(environment_, peer_, static_cast<Http2Session::Owner&>(*this));
  }
  ~Http2SessionTest() override { session_->CloseAll(Cancelled("the test is over")); }
  void OnWork() override { ++work_; }
  bool MoveTo(reactor::Reactor&) override { return movable_; }

  // A client's preface with all windows as wide as they go.
  static std::string Preface() {
    return std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") +
           Http2Client::FrameHead(6, NGHTTP2_SETTINGS, 0, 0) +
           std::string("\0\4\x7f\xff\xff\xff", 6) +
           Http2Client::FrameHead(4, NGHTTP2_WINDOW_UPDATE, 0, 0) + std::string("\x7f\xff\0\0", 4);
  }
  static std::string Request(uint32_t stream) {
    const std::string block = "\x83\x86" + Literal("\x04", "/t/m") + Literal("\x01", "test") +
                              Literal("\x0f\x10", "application/grpc") +
                              Literal(std::string("\0\2te", 4), "trailers");
    return Http2Client::FrameHead(block.size(), NGHTTP2_HEADERS, kEndHeaders, stream) + block;
  }
  static std::string Data(uint32_t stream, std::string_view message) {
    const std::string framed = Http2Client::Framed(message);
    return Http2Client::FrameHead(framed.size(), NGHTTP2_DATA, 0, stream) + framed;
  }
  static std::string Reset(uint32_t stream) {
    return Http2Client::FrameHead(4, NGHTTP2_RST_STREAM, 0, stream) + std::string("\0\0\0\x08", 4);
  }

  SystemClock clock_;
  reactor::Reactor reactor_{0, clock_};
  rpc::ServiceTable table_;
  rpc::ConnectionLimits limits_;
  rpc::ServerCounters counters_;
  rpc::Http2Callbacks callbacks_{limits_};
  rpc::PeerInfo peer_;
  const rpc::Http2Environment environment_{reactor_, table_, limits_, counters_, callbacks_};
  ScriptedMethod method_;
  std::optional<Http2Session> session_;
  int work_ = 0;
  bool movable_ = false;
};

TEST_F(Http2SessionTest, GivesItsSettingsBeforeAnythingComesIn) {
  rpc::ByteChain output;
  session_->Fill(output, 1 << 20);
  iovec piece;
  ASSERT_EQ(output.FillIovec(&piece, 1), 1u);
  EXPECT_EQ(static_cast<const char*>(piece.iov_base)[3], NGHTTP2_SETTINGS);
}

TEST_F(Http2SessionTest, FillsNoMoreThanAskedAndGoesOnWhereItStopped) {
  const std::string large(5'000'000, 'x');
  method_.on_start = [&](rpc::Call& call) { Write(call, large); };
  ASSERT_TRUE(session_->Receive(Preface() + Request(1)));
  size_t total = 0;
  int fills = 0;
  for (; fills < 1000; ++fills) {
    rpc::ByteChain output;
    session_->Fill(output, 100'000);
    if (output.empty()) break;
    EXPECT_LE(output.size(), 100'000u + 64 * 1024 + 9);
    total += output.size();
  }
  EXPECT_GE(total, large.size());
  EXPECT_LT(total, large.size() + 10'000);
  EXPECT_GE(fills, 30);
}

TEST_F(Http2SessionTest, TellsOfAResetOnlyWhenAskedToDeliver) {
  ASSERT_TRUE(session_->Receive(Preface() + Request(1) + Data(1, "hello")));
  EXPECT_EQ(method_.messages, 1);
  work_ = 0;
  ASSERT_TRUE(session_->Receive(Reset(1)));
  EXPECT_GT(work_, 0);
  EXPECT_EQ(method_.closed, 0);
  EXPECT_TRUE(session_->Deliver());
  EXPECT_EQ(method_.closed, 1);
  EXPECT_EQ(session_->open_streams(), 0u);
  EXPECT_FALSE(session_->Deliver());
}

// Between the reset and OnClosed the handler does not know yet; what it does must be harmless.
TEST_F(Http2SessionTest, ACallThatIsResetMayStillBeUsedUntilItsHandlerIsTold) {
  rpc::Call* call = nullptr;
  method_.on_start = [&](rpc::Call& started) { call = &started; };
  ASSERT_TRUE(session_->Receive(Preface() + Request(1) + Reset(1)));
  Write(*call, "nobody reads this");
  call->PauseReading();
  call->ResumeReading();
  call->Finish(Status());
  EXPECT_TRUE(session_->Deliver());
  EXPECT_EQ(method_.closed, 1);
  EXPECT_EQ(method_.last_closed().code(), StatusCode::kCancelled);
}

TEST_F(Http2SessionTest, HandlersMayStirEachOtherWhileBeingTold) {
  std::vector<rpc::Call*> calls;
  method_.on_start = [&](rpc::Call& call) {
    calls.push_back(&call);
    call.PauseReading();
  };
  method_.on_message = [&](rpc::Call&, std::string_view) {
    for (rpc::Call* call : calls) {
      call->ResumeReading();
      call->Finish(Cancelled("enough"));
    }
  };
  ASSERT_TRUE(session_->Receive(Preface() + Request(1) + Data(1, "a") + Request(3) + Data(3, "b") +
                                Request(5)));
  EXPECT_EQ(method_.messages, 0);
  calls[0]->ResumeReading();
  while (session_->Deliver()) {
  }
  EXPECT_EQ(method_.messages, 1);
  rpc::ByteChain output;
  session_->Fill(output, 1 << 20);
  while (session_->Deliver()) {
  }
  EXPECT_EQ(method_.closed, 3);
  EXPECT_EQ(session_->open_streams(), 0u);
}

// A slow client is not one that takes nothing.
TEST_F(Http2SessionTest, AFinishedCallIsResetOnlyIfItsOutputStandsStill) {
  method_.on_start = [](rpc::Call& call) {
    Write(call, std::string(1'000'000, 'x'));
    call.Finish(Status());
  };
  ASSERT_TRUE(session_->Receive(Preface() + Request(1)));
  EXPECT_EQ(session_->finishing_calls(), 1u);
  const Instant now = reactor_.now();
  session_->EndStalledFinishes(now - std::chrono::nanoseconds(1));  // not yet
  for (int i = 0; i < 3; ++i) {
    rpc::ByteChain output;
    session_->Fill(output, 20'000);
    session_->EndStalledFinishes(now);  // it moved
    session_->Deliver();
    ASSERT_EQ(method_.closed, 0);
  }
  session_->EndStalledFinishes(now);
  EXPECT_EQ(session_->finishing_calls(), 0u);
  session_->Deliver();
  EXPECT_EQ(method_.closed, 1);
  EXPECT_EQ(method_.last_closed().code(), StatusCode::kCancelled);
  rpc::ByteChain output;
  session_->Fill(output, 1 << 20);
  EXPECT_LT(output.size(), 1000u);  // a reset, not the rest
  session_->Deliver();
  EXPECT_EQ(session_->open_streams(), 0u);
}

TEST_F(Http2SessionTest, WhileItMovesNothingIsTakenOrTold) {
  movable_ = true;
  method_.on_message = [&](rpc::Call& call, std::string_view) {
    if (method_.messages > 1) return;
    EXPECT_TRUE(call.MoveTo(reactor_));
    EXPECT_FALSE(call.MoveTo(reactor_)) << "it moves already";
    call.PauseReading();
    call.ResumeReading();  // makes something to deliver
  };
  ASSERT_TRUE(session_->Receive(Preface() + Request(1) + Data(1, "go") + Data(1, "a") + Reset(1)));
  EXPECT_TRUE(session_->moving());
  EXPECT_FALSE(session_->Deliver());
  EXPECT_EQ(method_.messages, 1);

  reactor::Reactor other(1, clock_);
  const rpc::Http2Environment there{other, table_, limits_, counters_, callbacks_};
  session_->Leave();
  session_->Arrive(there);
  EXPECT_EQ(method_.moved, 0);
  EXPECT_TRUE(session_->Deliver());
  EXPECT_EQ(method_.moved, 1);
  EXPECT_EQ(method_.messages, 1) << "the rest is not even looked at";
  ASSERT_TRUE(session_->ReceiveHeld());
  EXPECT_EQ(method_.messages, 2);
  EXPECT_TRUE(session_->Deliver());
  EXPECT_EQ(method_.closed, 1);
  EXPECT_EQ(method_.moved, 1);
}

// The second message moves it when OnWritable, after the answer to the first, is due as well.
TEST_F(Http2SessionTest, OnWritableIsOwedToACallThatMoves) {
  movable_ = true;
  rpc::Call* paused = nullptr;
  method_.on_message = [&](rpc::Call& call, std::string_view message) {
    if (message == "a") {
      paused = &call;
      call.PauseReading();
      Write(call, std::string(rpc::kHighWaterBytes, 'x'));
    } else if (message == "b") {
      EXPECT_TRUE(call.MoveTo(reactor_));
    }
  };
  ASSERT_TRUE(
      session_->Receive(Preface() + Request(1) + Data(1, "a") + Data(1, "b") + Data(1, "c")));
  rpc::ByteChain output;
  session_->Fill(output, 1 << 20);
  paused->ResumeReading();
  EXPECT_TRUE(session_->Deliver());
  EXPECT_EQ(method_.messages, 2);
  EXPECT_EQ(method_.writables, 0);
  session_->Leave();
  session_->Arrive(environment_);
  EXPECT_TRUE(session_->Deliver());
  EXPECT_EQ(method_.moved, 1);
  EXPECT_EQ(method_.messages, 3);
  EXPECT_EQ(method_.writables, 1);
}

TEST_F(Http2SessionTest, NothingIsHeldBackIfTheOwnerRefusesTheMove) {
  method_.on_message = [&](rpc::Call& call, std::string_view) {
    EXPECT_FALSE(call.MoveTo(reactor_));
  };
  ASSERT_TRUE(session_->Receive(Preface() + Request(1) + Data(1, "go") + Data(1, "a")));
  EXPECT_FALSE(session_->moving());
  EXPECT_EQ(method_.messages, 2);
}

TEST_F(Http2SessionTest, CloseAllTellsEveryHandlerAndGivesNothingMore) {
  ASSERT_TRUE(session_->Receive(Preface() + Request(1) + Data(1, "a") + Request(3)));
  session_->CloseAll(Unavailable("gone"));
  EXPECT_EQ(method_.closed, 2);
  EXPECT_EQ(method_.last_closed().code(), StatusCode::kUnavailable);
  rpc::ByteChain output;
  session_->Fill(output, 1 << 20);
  EXPECT_TRUE(output.empty());
  EXPECT_TRUE(session_->finished());
}

}  // namespace
}  // namespace belfry::test
