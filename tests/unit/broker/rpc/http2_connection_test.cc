// SPDX-License-Identifier: Apache-2.0
//
// A whole connection over loopback, with the calls of a well-behaved gRPC client.
#include "broker/rpc/http2_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/http2_client.h"
#include "tests/unit/broker/rpc/running_server.h"
#include "tests/unit/broker/rpc/scripted_call_handler.h"

namespace belfry::test {
namespace {

using ::testing::ElementsAre;

TEST(Http2Connection, AnswersAUnaryCall) {
  ScriptedMethod echo;
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, echo.Factory());
  server.Start();
  Http2Client client(server.port());

  const int32_t call = client.Open("/test.Echo/Say");
  client.Send(call, "hello");
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  const auto& reply = client.reply(call);
  EXPECT_THAT(reply.messages, ElementsAre("hello"));
  EXPECT_EQ(reply.headers.at(":status"), "200");
  EXPECT_EQ(reply.headers.at("content-type"), "application/grpc");
  EXPECT_EQ(reply.Status(), "0");
  EXPECT_FALSE(reply.reset);
  ASSERT_TRUE(server.WaitUntil([&] { return echo.closed == 1; }));
  EXPECT_TRUE(echo.last_closed().ok());
}

TEST(Http2Connection, CarriesABidirectionalStream) {
  ScriptedMethod echo;
  RunningServer server;
  server.table.Add("/test.Echo/Talk", {.long_lived = true}, echo.Factory());
  server.Start();
  Http2Client client(server.port());

  const int32_t call = client.Open("/test.Echo/Talk");
  // Headers come at once: the client learns that the call stands.
  ASSERT_TRUE(client.Wait([&] { return !client.reply(call).headers.empty(); }));
  for (int i = 0; i < 100; ++i) {
    client.Send(call, "message " + std::to_string(i));
    ASSERT_TRUE(client.WaitMessages(call, static_cast<size_t>(i) + 1));
    EXPECT_EQ(client.reply(call).messages.back(), "message " + std::to_string(i));
  }
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(client.reply(call).Status(), "0");
  EXPECT_EQ(client.reply(call).messages.size(), 100u);
}

TEST(Http2Connection, CarriesManyCallsAtOnce) {
  ScriptedMethod echo;
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, echo.Factory());
  server.Start();
  Http2Client client(server.port());
  std::vector<int32_t> calls;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(client.Open("/test.Echo/Say"));
    client.Send(calls.back(), std::to_string(i));
    client.HalfClose(calls.back());
  }
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(client.WaitClosed(calls[static_cast<size_t>(i)]));
    EXPECT_THAT(client.reply(calls[static_cast<size_t>(i)]).messages,
                ElementsAre(std::to_string(i)));
  }
}

TEST(Http2Connection, PutsALargeMessageThroughBothWays) {
  ScriptedMethod echo;
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, echo.Factory());
  server.Start();
  Http2Client client(server.port(), {.max_frame_bytes = 1 << 20});
  std::string large(3'000'000, 'x');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i * 7 % 26);
  const int32_t call = client.Open("/test.Echo/Say");
  client.Send(call, large);
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  ASSERT_EQ(client.reply(call).messages.size(), 1u);
  EXPECT_TRUE(client.reply(call).messages[0] == large);
}

// Whatever pieces the bytes come in, also DATA frames of one byte.
TEST(Http2Connection, TakesAMessageSplitAtEveryByte) {
  ScriptedMethod echo;
  RunningServer server;
  server.table.Add("/test.Echo/Talk", {}, echo.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open("/test.Echo/Talk");
  const std::string framed =
      Http2Client::Framed("hello") + Http2Client::Framed("") + Http2Client::Framed("you");
  size_t rounds = 0;
  for (size_t split = 1; split < framed.size(); ++split, ++rounds) {
    client.SendBytes(call, framed.substr(0, split));
    ASSERT_TRUE(client.Flush());
    client.SendBytes(call, framed.substr(split));
    ASSERT_TRUE(client.WaitMessages(call, (rounds + 1) * 3));
  }
  for (const char byte : framed) {
    client.SendBytes(call, std::string(1, byte));
    ASSERT_TRUE(client.Flush());
  }
  ASSERT_TRUE(client.WaitMessages(call, (rounds + 1) * 3));
  for (size_t i = 0; i <= rounds; ++i) {
    EXPECT_EQ(client.reply(call).messages[i * 3], "hello");
    EXPECT_EQ(client.reply(call).messages[i * 3 + 1], "");
    EXPECT_EQ(client.reply(call).messages[i * 3 + 2], "you");
  }
}

TEST(Http2Connection, TellsTheHandlerWhoCalls) {
  ScriptedMethod method;
  std::string address, token, missing;
  bool loopback = false, sole = false, sole_of_two = true, has_deadline = true;
  method.on_start = [&](rpc::Call& call) {
    if (method.started == 2) {
      sole_of_two = call.sole_stream();
      return;
    }
    address = call.peer().address;
    loopback = call.peer().loopback;
    token = call.Metadata("x-token");
    missing = call.Metadata("x-other");
    has_deadline = call.deadline().has_value();
    sole = call.sole_stream();
  };
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t first = client.Open("/test.Echo/Say", {{"x-token", "abc"}});
  client.Send(first, "x");
  ASSERT_TRUE(client.WaitMessages(first, 1));
  const int32_t second = client.Open("/test.Echo/Say", {}, true);
  ASSERT_TRUE(client.WaitClosed(second));
  EXPECT_TRUE(address.starts_with("127.0.0.1:")) << address;
  EXPECT_TRUE(loopback);
  EXPECT_EQ(token, "abc");
  EXPECT_EQ(missing, "");
  EXPECT_FALSE(has_deadline);
  EXPECT_TRUE(sole);
  EXPECT_FALSE(sole_of_two);
}

// ---- statuses ----

TEST(Http2Connection, SendsAStatusAfterMessagesAsTrailers) {
  ScriptedMethod method;
  method.on_half_close = [](rpc::Call& call) { call.Finish(NotFound("no such thing: 100%\n")); };
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open("/test.Echo/Say");
  client.Send(call, "x");
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(client.reply(call).messages.size(), 1u);
  EXPECT_EQ(client.reply(call).trailers.at("grpc-status"), "5");
  EXPECT_EQ(client.reply(call).trailers.at("grpc-message"), "no such thing: 100%25%0A");
}

TEST(Http2Connection, SendsAStatusWithoutMessagesAsHeadersOnly) {
  ScriptedMethod method;
  method.on_start = [](rpc::Call& call) { call.Finish(FailedPrecondition("not now")); };
  RunningServer server;
  server.table.Add("/test.Echo/Say", {.long_lived = true}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open("/test.Echo/Say");
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(client.reply(call).headers.at("grpc-status"), "9");
  EXPECT_EQ(client.reply(call).data_bytes, 0u);
  EXPECT_TRUE(client.reply(call).ended);
  // The client was not through: it is told to stop, without an error.
  EXPECT_TRUE(client.reply(call).reset);
  EXPECT_EQ(client.reply(call).reset_code, uint32_t{NGHTTP2_NO_ERROR});
  ASSERT_TRUE(server.WaitUntil([&] { return method.closed == 1; }));
  EXPECT_EQ(method.last_closed().code(), StatusCode::kFailedPrecondition);
}

TEST(Http2Connection, DropsWhatIsWrittenAfterFinish) {
  ScriptedMethod method;
  method.on_message = [](rpc::Call& call, std::string_view) {
    Write(call, "before");
    call.Finish(Status());
    EXPECT_FALSE(call.writable());
    Write(call, "after");
    call.Finish(Internal("again"));
  };
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open("/test.Echo/Say");
  client.Send(call, "x");
  client.Send(call, "y");
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_THAT(client.reply(call).messages, ElementsAre("before"));
  EXPECT_EQ(client.reply(call).Status(), "0");
  EXPECT_EQ(method.messages, 1);
}

TEST(Http2Connection, RefusesWhatIsNotGrpc) {
  ScriptedMethod method;
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const auto ask = [&](const Http2Client::Headers& headers,
                       std::string_view path = "/test.Echo/Say") {
    const int32_t call = client.Open(path, headers, true);
    EXPECT_TRUE(client.WaitClosed(call));
    return client.reply(call);
  };
  EXPECT_EQ(ask({{"content-type", "text/plain"}}).headers[":status"], "415");
  EXPECT_EQ(ask({{":method", "GET"}}).headers[":status"], "405");
  EXPECT_EQ(ask({{"te", ""}}).Status(), "13");
  auto unknown = ask({}, "/test.Echo/Other");
  EXPECT_EQ(unknown.headers[":status"], "200");
  EXPECT_EQ(unknown.headers["grpc-status"], "12");
  EXPECT_EQ(unknown.headers["grpc-message"], "no method /test.Echo/Other");
  auto compressed = ask({{"grpc-encoding", "gzip"}});
  EXPECT_EQ(compressed.Status(), "12");
  EXPECT_EQ(compressed.headers["grpc-accept-encoding"], "identity");
  EXPECT_EQ(ask({{"grpc-timeout", "soon"}}).Status(), "3");
  EXPECT_EQ(ask({{"x-large", std::string(9000, 'x')}}).Status(), "8");
  EXPECT_EQ(method.started, 0);
  EXPECT_EQ(ask({}).Status(), "0");  // and the connection is as good as before
}

TEST(Http2Connection, EndsACallAtItsDeadline) {
  ScriptedMethod silent;
  silent.on_half_close = [](rpc::Call&) {};
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, silent.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open("/test.Echo/Say", {{"grpc-timeout", "20m"}}, true);
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(client.reply(call).Status(), "4");
  ASSERT_TRUE(server.WaitUntil([&] { return silent.closed == 1; }));
  EXPECT_EQ(silent.last_closed().code(), StatusCode::kDeadlineExceeded);
}

TEST(Http2Connection, EndsACallAtItsDeadlineThoughTheClientTakesNothing) {
  ScriptedMethod method;
  method.on_start = [](rpc::Call& call) { Write(call, std::string(100'000, 'x')); };
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, method.Factory());
  server.Start();
  Http2Client client(server.port(), {.stream_window_bytes = 1000, .return_windows = false});
  const int32_t call = client.Open("/test.Echo/Say", {{"grpc-timeout", "50m"}});
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_TRUE(client.reply(call).reset);
  EXPECT_EQ(client.reply(call).reset_code, uint32_t{NGHTTP2_CANCEL});
  ASSERT_TRUE(server.WaitUntil([&] { return method.closed == 1; }));
  EXPECT_EQ(method.last_closed().code(), StatusCode::kDeadlineExceeded);
}

// ---- other endings ----

TEST(Http2Connection, TellsTheHandlerThatTheClientCancelled) {
  ScriptedMethod method;
  RunningServer server;
  server.table.Add("/test.Echo/Talk", {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open("/test.Echo/Talk");
  client.Send(call, "x");
  ASSERT_TRUE(client.WaitMessages(call, 1));
  client.Reset(call);
  ASSERT_TRUE(client.Flush());
  ASSERT_TRUE(server.WaitUntil([&] { return method.closed == 1; }));
  EXPECT_EQ(method.last_closed().code(), StatusCode::kCancelled);
}

// OnClosed comes after the producers of its turn; they must see what it made without another event.
TEST(Http2Connection, AnEndIsFollowedByAnotherTurn) {
  ScriptedMethod method;
  struct Producer final : reactor::TurnEnd {
    explicit Producer(ScriptedMethod& method) : method(method) {}
    void OnTurnEnd() override {
      if (method.closed > 0) seen = true;
    }
    ScriptedMethod& method;
    std::atomic<bool> seen{false};
  } producer(method);
  RunningServer server;
  server.table.Add("/test.Echo/Talk", {}, method.Factory());
  server.Start();
  server.On(0, [&] { server.reactor().AddProducer(&producer); });
  Http2Client client(server.port());
  const int32_t call = client.Open("/test.Echo/Talk");
  client.Send(call, "x");
  ASSERT_TRUE(client.WaitMessages(call, 1));
  client.Reset(call);
  ASSERT_TRUE(client.Flush());
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!producer.seen && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(producer.seen);
  server.On(0, [&] { server.reactor().RemoveProducer(&producer); });
}

TEST(Http2Connection, TellsEveryHandlerThatTheConnectionIsLost) {
  ScriptedMethod method;
  RunningServer server;
  server.table.Add("/test.Echo/Talk", {}, method.Factory());
  server.Start();
  {
    Http2Client client(server.port());
    const int32_t first = client.Open("/test.Echo/Talk");
    const int32_t second = client.Open("/test.Echo/Talk");
    client.Send(first, "x");
    client.Send(second, "x");
    ASSERT_TRUE(client.WaitMessages(second, 1));
  }
  ASSERT_TRUE(server.WaitUntil([&] { return method.closed == 2; }));
  EXPECT_EQ(method.last_closed().code(), StatusCode::kUnavailable);
  EXPECT_TRUE(server.WaitUntil([&] { return server.server().connections() == 0; }));
}

TEST(Http2Connection, RefusesARequestThatEndsInsideAMessage) {
  ScriptedMethod method;
  RunningServer server;
  server.table.Add("/test.Echo/Say", {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open("/test.Echo/Say");
  client.SendBytes(call, Http2Client::Framed("whole").substr(0, 8));
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(client.reply(call).Status(), "13");
  EXPECT_EQ(method.messages, 0);
  EXPECT_EQ(method.half_closes, 0);
}

// A handler may end other calls of the same connection, and its own, from any callback.
TEST(Http2Connection, LetsHandlersEndEachOther) {
  ScriptedMethod method;
  std::vector<rpc::Call*> open;
  method.on_start = [&](rpc::Call& call) { open.push_back(&call); };
  method.on_message = [&](rpc::Call&, std::string_view) {
    for (rpc::Call* call : open) call->Finish(Cancelled("all of you"));
    open.clear();
  };
  RunningServer server;
  server.table.Add("/test.Echo/Talk", {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  std::vector<int32_t> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(client.Open("/test.Echo/Talk"));
  client.Send(calls.back(), "go");
  for (const int32_t call : calls) {
    ASSERT_TRUE(client.WaitClosed(call));
    EXPECT_EQ(client.reply(call).Status(), "1");
  }
  EXPECT_TRUE(server.WaitUntil([&] { return method.closed == 5; }));
}

}  // namespace
}  // namespace belfry::test
