// SPDX-License-Identifier: Apache-2.0
//
// Back-pressure in both directions, seen from the wire.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "tests/support/http2_client.h"
#include "tests/unit/broker/rpc/running_server.h"
#include "tests/unit/broker/rpc/scripted_call_handler.h"

namespace belfry::test {
namespace {

constexpr char kTalk[] = "/test.Echo/Talk";

// Everything that either side could send by now has been sent and seen: the first answer may come
// together with returned windows, the second comes after what they let through.
void Settle(Http2Client& client) {
  for (int i = 0; i < 2; ++i) {
    const int answered = client.pings_answered();
    client.Ping();
    ASSERT_TRUE(client.Wait([&] { return client.pings_answered() > answered; }));
  }
}

// Takes one message, then nothing until told.
struct PausingMethod : ScriptedMethod {
  PausingMethod() {
    on_start = [this](rpc::Call& started) { call = &started; };
    on_message = [](rpc::Call& paused, std::string_view) { paused.PauseReading(); };
  }
  std::atomic<rpc::Call*> call{nullptr};
};

TEST(FlowControl, APausedCallStopsItsSenderAfterOneWindow) {
  PausingMethod method;
  RunningServer server;
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open(kTalk);
  constexpr int kMessages = 400;
  for (int i = 0; i < kMessages; ++i)
    client.Send(call, std::string(995, 'x'));  // 1000 bytes each on the wire
  client.HalfClose(call);
  // All that the 64 KiB window lets through has left; the PING's answer says that the server has
  // seen it.
  ASSERT_TRUE(client.Wait([&] { return client.bytes_unsent() == kMessages * 1000 - 65536; }));
  Settle(client);
  EXPECT_EQ(client.bytes_unsent(), kMessages * 1000u - 65536u);
  EXPECT_EQ(method.messages, 1);
  EXPECT_EQ(method.half_closes, 0);

  server.On(0, [&] {
    method.on_message = [](rpc::Call&, std::string_view) {};
    method.call.load()->ResumeReading();
  });
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(method.messages, kMessages);
  EXPECT_EQ(method.half_closes, 1);
  EXPECT_EQ(client.reply(call).Status(), "0");
}

TEST(FlowControl, PauseAndResumeBetweenAllMessagesLosesNothing) {
  ScriptedMethod method;
  method.on_message = [](rpc::Call& call, std::string_view message) {
    Write(call, message);
    call.PauseReading();
    call.ResumeReading();
  };
  RunningServer server;
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open(kTalk);
  for (int i = 0; i < 1000; ++i) client.Send(call, std::to_string(i));
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  ASSERT_EQ(client.reply(call).messages.size(), 1000u);
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(client.reply(call).messages[static_cast<size_t>(i)], std::to_string(i));
}

TEST(FlowControl, APausedCallLeavesTheOthersTheirWindow) {
  PausingMethod paused;
  ScriptedMethod echo;
  RunningServer server;
  server.options.limits.connection_window_bytes =
      128 * 1024;  // less than what the paused calls hold together
  server.table.Add("/test.Echo/Pause", {}, paused.Factory());
  server.table.Add(kTalk, {}, echo.Factory());
  server.Start();
  Http2Client client(server.port());
  for (int i = 0; i < 5; ++i) {
    const int32_t call = client.Open("/test.Echo/Pause");
    for (int k = 0; k < 100; ++k) client.Send(call, std::string(995, 'x'));
  }
  const int32_t other = client.Open(kTalk);
  for (int k = 0; k < 1000; ++k) client.Send(other, std::string(995, 'y'));
  EXPECT_TRUE(client.WaitMessages(other, 1000));
  EXPECT_EQ(paused.messages, 5);
}

// Takes everything and answers with nothing but the status.
struct SwallowingMethod : ScriptedMethod {
  SwallowingMethod() {
    on_message = [](rpc::Call&, std::string_view) {};
  }
};

TEST(FlowControl, ManyLargeMessagesAtOnceAllArrive) {
  SwallowingMethod method;
  RunningServer server;
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  std::vector<int32_t> calls;
  for (int i = 0; i < 32; ++i) {
    calls.push_back(client.Open(kTalk));
    client.Send(calls.back(), std::string(1 << 20, 'x'));
    client.HalfClose(calls.back());
  }
  for (const int32_t call : calls) {
    ASSERT_TRUE(client.WaitClosed(call));
    EXPECT_EQ(client.reply(call).Status(), "0");
  }
  EXPECT_EQ(method.messages, 32);
}

TEST(FlowControl, AMessageOfTheMethodsFullSizeArrives) {
  constexpr size_t kLargest = 32 * 1024 * 1024;
  SwallowingMethod method;
  RunningServer server;
  server.options.limits.partial_bytes_max = 0;  // what the table says goes beyond it
  server.table.Add(kTalk, {.receive_bytes_max = kLargest}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  for (const size_t bytes : {size_t{12} * 1024 * 1024, kLargest}) {
    const int32_t call = client.Open(kTalk);
    client.Send(call, std::string(bytes, 'x'));
    client.HalfClose(call);
    ASSERT_TRUE(client.WaitClosed(call));
    EXPECT_EQ(client.reply(call).Status(), "0");
  }
  EXPECT_EQ(method.bytes, size_t{12} * 1024 * 1024 + kLargest);
}

TEST(FlowControl, UnfinishedMessagesBeyondTheBoundEndTheCallThatCrossesIt) {
  SwallowingMethod method;
  RunningServer server;
  server.options.limits.partial_bytes_max = 0;
  server.table.Add(kTalk, {.receive_bytes_max = 1'000'000}, method.Factory());  // bound: 2,000,000
  server.Start();
  Http2Client client(server.port());
  const std::string message = Http2Client::Framed(std::string(1'000'000, 'x'));
  std::vector<int32_t> calls;
  for (int i = 0; i < 3; ++i) {
    calls.push_back(client.Open(kTalk));
    client.SendBytes(calls.back(), std::string_view(message).substr(0, 900'000));
    ASSERT_TRUE(client.Wait([&] { return client.bytes_unsent() == 0 || i == 2; }));
    if (i < 2) Settle(client);
  }
  ASSERT_TRUE(client.WaitClosed(calls[2]));
  EXPECT_EQ(client.reply(calls[2]).Status(), "8");
  // Its bytes are free again, for the others and for the next.
  for (int i = 0; i < 2; ++i) {
    client.SendBytes(calls[static_cast<size_t>(i)], std::string_view(message).substr(900'000));
    client.HalfClose(calls[static_cast<size_t>(i)]);
    ASSERT_TRUE(client.WaitClosed(calls[static_cast<size_t>(i)]));
    EXPECT_EQ(client.reply(calls[static_cast<size_t>(i)]).Status(), "0");
  }
  // What has become whole is not counted any more, though its call goes on.
  std::vector<int32_t> next;
  for (int i = 0; i < 3; ++i) {
    next.push_back(client.Open(kTalk));
    client.SendBytes(next.back(), message);
    ASSERT_TRUE(client.Wait([&] { return method.messages == 3 + i; }));
  }
  for (const int32_t call : next) {
    client.HalfClose(call);
    ASSERT_TRUE(client.WaitClosed(call));
    EXPECT_EQ(client.reply(call).Status(), "0");
  }
  EXPECT_EQ(method.messages, 5);
}

// It answers PINGs, so that it counts as alive, and takes nothing.
TEST(FlowControl, AFinishedCallWhoseRestIsNotTakenIsReset) {
  ScriptedMethod method;
  method.on_start = [](rpc::Call& call) {
    Write(call, std::string(100'000, 'x'));
    call.Finish(Status());
  };
  RunningServer server;
  server.options.limits.finish_stall_timeout = std::chrono::milliseconds(40);
  server.options.limits.keepalive_interval = std::chrono::milliseconds(20);
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  Http2Client client(server.port(), {.stream_window_bytes = 1000, .return_windows = false});
  const int32_t call = client.Open(kTalk, {}, true);
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_TRUE(client.reply(call).reset);
  EXPECT_EQ(client.reply(call).reset_code, uint32_t{NGHTTP2_CANCEL});
  EXPECT_EQ(client.reply(call).data_bytes, 1000u);
  ASSERT_TRUE(server.WaitUntil([&] { return method.closed == 1; }));
  EXPECT_EQ(method.last_closed().code(), StatusCode::kCancelled);
  EXPECT_FALSE(client.connection_lost());
}

TEST(FlowControl, AMethodMayHaveAWiderWindow) {
  PausingMethod method;
  RunningServer server;
  server.table.Add(kTalk, {.stream_window_bytes = 256 * 1024}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open(kTalk);
  for (int i = 0; i < 400; ++i) client.Send(call, std::string(995, 'x'));
  // One byte of HTTP/2's default window, 65535, was granted before ours.
  EXPECT_TRUE(client.Wait([&] { return client.bytes_unsent() <= 400'000 - 256 * 1024; }));
  Settle(client);
  EXPECT_GE(client.bytes_unsent() + 1, 400'000u - 256 * 1024);
}

TEST(FlowControl, AClientThatTakesNothingMakesTheCallUnwritable) {
  ScriptedMethod method;
  std::atomic<rpc::Call*> call_of_server{nullptr};
  method.on_start = [&](rpc::Call& call) { call_of_server = &call; };
  RunningServer server;
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  Http2Client client(server.port(), {.stream_window_bytes = 10'000, .return_windows = false});
  const int32_t call = client.Open(kTalk);
  ASSERT_TRUE(client.Flush());
  ASSERT_TRUE(server.WaitUntil([&] { return call_of_server != nullptr; }));
  size_t written = 0;
  server.On(0, [&] {
    while (call_of_server.load()->writable()) {
      Write(*call_of_server, std::string(995, 'x'));
      written += 1000;
    }
  });
  EXPECT_EQ(written, 263'000u);  // the first that reaches 256 KiB
  ASSERT_TRUE(client.Wait([&] { return client.reply(call).data_bytes == 10'000; }));
  server.On(0, [&] {
    EXPECT_EQ(call_of_server.load()->buffered_bytes(), written - 10'000);
    EXPECT_TRUE(call_of_server.load()
                    ->writable());  // below the high mark again, but OnWritable waits for the low
  });
  EXPECT_EQ(method.writables, 0);

  // The client opens its window bit by bit; the handler hears of it once, at the low mark.
  while (client.reply(call).data_bytes < written - rpc::kLowWaterBytes) {
    const size_t had = client.reply(call).data_bytes;
    client.ReturnWindow(call, had < 20'000 ? had : 10'000);
    ASSERT_TRUE(client.Wait([&] { return client.reply(call).data_bytes > had; }));
    if (client.reply(call).data_bytes < written - rpc::kLowWaterBytes - 10'000) {
      EXPECT_EQ(method.writables, 0);
    }
  }
  ASSERT_TRUE(server.WaitUntil([&] { return method.writables == 1; }));
  while (client.reply(call).data_bytes < written) {
    const size_t had = client.reply(call).data_bytes;
    client.ReturnWindow(call, 10'000);
    ASSERT_TRUE(client.Wait([&] { return client.reply(call).data_bytes > had; }));
  }
  EXPECT_EQ(method.writables, 1);
}

// A stream of far more than all buffers, written from OnWritable: the whole way round.
TEST(FlowControl, OnWritableKeepsALongStreamGoing) {
  ScriptedMethod method;
  constexpr int kMessages = 5'000;
  int written = 0;
  const auto write_more = [&](rpc::Call& call) {
    while (call.writable() && written < kMessages) {
      Write(call, std::string(995, static_cast<char>('a' + written % 26)));
      ++written;
    }
    if (written == kMessages) call.Finish(Status());
  };
  method.on_start = write_more;
  method.on_half_close = [](rpc::Call&) {};
  method.on_writable = write_more;
  RunningServer server;
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  Http2Client client(server.port(), {.stream_window_bytes = 65535});
  const int32_t call = client.Open(kTalk, {}, true);
  ASSERT_TRUE(client.WaitClosed(call));
  ASSERT_EQ(client.reply(call).messages.size(), static_cast<size_t>(kMessages));
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_EQ(client.reply(call).messages[static_cast<size_t>(i)][0],
              static_cast<char>('a' + i % 26));
  }
  EXPECT_EQ(client.reply(call).Status(), "0");
  EXPECT_GE(method.writables, 10);
}

// A client whose socket is full for a while: nothing is lost, and other connections are not
// affected.
TEST(FlowControl, AFullSocketHoldsUpOnlyItsOwnConnection) {
  ScriptedMethod big, echo;
  big.on_start = [](rpc::Call& call) {
    Write(call, std::string(8'000'000, 'x'));
    call.Finish(Status());
  };
  big.on_half_close = [](rpc::Call&) {};
  RunningServer server;
  server.table.Add("/test.Echo/Big", {}, big.Factory());
  server.table.Add(kTalk, {}, echo.Factory());
  server.Start();
  Http2Client slow(server.port(), {.stream_window_bytes = 1u << 30});
  const int32_t large = slow.Open("/test.Echo/Big", {}, true);
  slow.ReturnWindow(0, 0);
  ASSERT_TRUE(slow.Flush());
  ASSERT_TRUE(server.WaitUntil([&] { return big.started == 1; }));
  Http2Client other(server.port());
  const int32_t call = other.Open(kTalk);
  for (size_t i = 1; i <= 50; ++i) {
    other.Send(call, "x");
    ASSERT_TRUE(other.WaitMessages(call, i));
  }
  ASSERT_TRUE(slow.WaitClosed(large));
  ASSERT_EQ(slow.reply(large).messages.size(), 1u);
  EXPECT_EQ(slow.reply(large).messages[0].size(), 8'000'000u);
}

}  // namespace
}  // namespace belfry::test
