// SPDX-License-Identifier: Apache-2.0
//
// What hostile or broken peers do to one connection, and that the next one does not notice. Counts,
// not seconds.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>

#include "tests/support/http2_client.h"
#include "tests/unit/broker/rpc/running_server.h"
#include "tests/unit/broker/rpc/scripted_call_handler.h"

namespace belfry::test {
namespace {

using std::chrono::milliseconds;

constexpr char kTalk[] = "/test.Echo/Talk";
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

size_t ResidentBytes() {
  long pages = 0, resident = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(file);
  }
  return static_cast<size_t>(resident) * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

std::string Literal(std::string_view name, std::string_view value) {
  return std::string(name) + static_cast<char>(value.size()) + std::string(value);
}

class Abuse : public ::testing::Test {
 protected:
  Abuse() { server_.table.Add(kTalk, {}, echo_.Factory()); }

  // The server still serves, and is not held up.
  void ExpectHealthy() {
    Http2Client client(server_.port());
    const int32_t call = client.Open(kTalk);
    client.Send(call, "alive");
    client.HalfClose(call);
    ASSERT_TRUE(client.WaitClosed(call));
    EXPECT_EQ(client.reply(call).Status(), "0");
  }
  // Sends `frame` until the server has cut the connection; returns how often it was sent, at most
  // `most`.
  static int Flood(Http2Client& client, std::string_view frame, int most) {
    int sent = 0;
    while (sent < most && !client.goaway_code().has_value() && !client.connection_lost()) {
      for (int i = 0; i < 10; ++i, ++sent) {
        if (!client.SendRaw(frame)) return sent;
      }
      client.Wait([] { return false; }, milliseconds(0));
    }
    client.Wait([&] { return client.goaway_code().has_value(); });
    return sent;
  }

  ScriptedMethod echo_;
  RunningServer server_;
};

TEST_F(Abuse, RapidResetIsCut) {
  server_.Start();
  Http2Client client(server_.port());
  int opened = 0;
  for (; opened < 50'000 && !client.goaway_code().has_value() && !client.connection_lost();
       ++opened) {
    const int32_t call = client.Open(kTalk);
    client.Send(call, "x");
    if (!client.Flush()) break;
    client.Reset(call);
    if (!client.Flush()) break;
    client.Wait([] { return false; }, milliseconds(0));
  }
  EXPECT_TRUE(client.Wait([&] { return client.goaway_code().has_value(); }));
  EXPECT_EQ(client.goaway_code(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  EXPECT_LE(echo_.started, 1'100);
  EXPECT_TRUE(server_.WaitUntil([&] { return server_.server().connections() == 0; }));
  EXPECT_EQ(echo_.started, echo_.closed);
  EXPECT_EQ(server_.server().counters().floods_cut, 1u);
  ExpectHealthy();
}

// As one burst: all 50,000 pairs stand in the socket before the server has looked at one.
TEST_F(Abuse, RapidResetInOneBurstIsCut) {
  server_.Start();
  Http2Client client(server_.port());
  const int32_t first = client.Open(kTalk);
  client.Send(first, "x");
  ASSERT_TRUE(client.WaitMessages(first, 1));
  // The usual headers in HPACK: indexed in the static table, or literal and never indexed.
  const std::string block = "\x83\x86" + Literal("\x04", kTalk) + Literal("\x01", "test") +
                            Literal("\x0f\x10", "application/grpc") +
                            Literal(std::string("\0\2te", 4), "trailers");
  std::string burst;
  for (uint32_t i = 1; i <= 50'000; ++i) {
    const uint32_t stream = static_cast<uint32_t>(first) + 2 * i;
    burst +=
        Http2Client::FrameHead(block.size(), NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream) +
        block;
    burst +=
        Http2Client::FrameHead(4, NGHTTP2_RST_STREAM, 0, stream) + std::string("\0\0\0\x08", 4);
  }
  client.SendRaw(burst);
  EXPECT_TRUE(
      client.Wait([&] { return client.goaway_code().has_value() || client.connection_lost(); }));
  EXPECT_TRUE(server_.WaitUntil([&] { return server_.server().connections() == 0; }));
  EXPECT_EQ(server_.server().counters().floods_cut, 1u);
  EXPECT_LE(server_.server().counters().calls_started, 1'100u);
  ExpectHealthy();
}

// Resets that the server is made to send ("MadeYouReset"): windows that overflow.
TEST_F(Abuse, ResetsThatAPeerProvokesAreCut) {
  server_.Start();
  Http2Client client(server_.port());
  int opened = 0;
  for (; opened < 50'000 && !client.goaway_code().has_value() && !client.connection_lost();
       ++opened) {
    const int32_t call = client.Open(kTalk);
    if (!client.Flush()) break;
    const auto id = static_cast<uint32_t>(call);
    if (!client.SendRaw(Http2Client::FrameHead(4, NGHTTP2_WINDOW_UPDATE, 0, id) +
                        "\x7f\xff\xff\xff"))
      break;
    client.Wait([&] { return client.reply(call).reset || client.connection_lost(); });
  }
  EXPECT_TRUE(client.Wait([&] { return client.goaway_code().has_value(); }));
  EXPECT_EQ(client.goaway_code(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  EXPECT_LE(opened, 1'100);
  ExpectHealthy();
}

TEST_F(Abuse, PingFloodIsCut) {
  server_.Start();
  Http2Client client(server_.port());
  ASSERT_TRUE(client.Flush());
  const int sent =
      Flood(client, Http2Client::FrameHead(8, NGHTTP2_PING, 0, 0) + std::string(8, 'p'), 10'000);
  EXPECT_EQ(client.goaway_code(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  EXPECT_LE(client.pings_answered(), 200);
  EXPECT_LE(sent, 10'000);
  ExpectHealthy();
}

// By hand altogether: nghttp2 as a client hangs up when settings it did not send are acknowledged.
TEST_F(Abuse, SettingsFloodIsCut) {
  server_.Start();
  Http2Client client(server_.port(), {.speak = false});
  ASSERT_TRUE(client.SendRaw(kPreface));
  Flood(client, Http2Client::FrameHead(0, NGHTTP2_SETTINGS, 0, 0), 10'000);
  EXPECT_EQ(client.goaway_code(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  EXPECT_EQ(server_.server().counters().floods_cut, 1u);
  ExpectHealthy();
}

TEST_F(Abuse, EmptyDataFloodIsCut) {
  server_.Start();
  Http2Client client(server_.port());
  const int32_t call = client.Open(kTalk);
  ASSERT_TRUE(client.Flush());
  Flood(client, Http2Client::FrameHead(0, NGHTTP2_DATA, 0, static_cast<uint32_t>(call)), 10'000);
  EXPECT_EQ(client.goaway_code(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  ExpectHealthy();
}

TEST_F(Abuse, DataThatIsAllPaddingIsEmptyToo) {
  server_.Start();
  Http2Client client(server_.port());
  const int32_t call = client.Open(kTalk);
  ASSERT_TRUE(client.Flush());
  const std::string padded =
      Http2Client::FrameHead(4, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, static_cast<uint32_t>(call)) +
      std::string("\3\0\0\0", 4);
  Flood(client, padded, 10'000);
  EXPECT_EQ(client.goaway_code(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  ExpectHealthy();
}

TEST_F(Abuse, WindowUpdateFloodIsCut) {
  server_.Start();
  Http2Client client(server_.port());
  ASSERT_TRUE(client.Flush());
  Flood(client, Http2Client::FrameHead(4, NGHTTP2_WINDOW_UPDATE, 0, 0) + std::string("\0\0\0\1", 4),
        10'000);
  EXPECT_EQ(client.goaway_code(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  ExpectHealthy();
}

TEST_F(Abuse, PriorityFloodIsCut) {
  server_.Start();
  Http2Client client(server_.port());
  ASSERT_TRUE(client.Flush());
  Flood(client, Http2Client::FrameHead(5, NGHTTP2_PRIORITY, 0, 1) + std::string("\0\0\0\0\1", 5),
        10'000);
  EXPECT_EQ(client.goaway_code(), uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  ExpectHealthy();
}

TEST_F(Abuse, ContinuationWithoutEndIsCut) {
  server_.Start();
  Http2Client client(server_.port());
  ASSERT_TRUE(client.SendRaw(Http2Client::FrameHead(1, NGHTTP2_HEADERS, 0, 1) + "\x83"));
  Flood(client, Http2Client::FrameHead(0, NGHTTP2_CONTINUATION, 0, 1), 10'000);
  EXPECT_TRUE(client.WaitLost());
  ExpectHealthy();
}

TEST_F(Abuse, WindowOverflowIsCut) {
  server_.Start();
  Http2Client client(server_.port());
  ASSERT_TRUE(client.Flush());
  client.SendRaw(Http2Client::FrameHead(4, NGHTTP2_WINDOW_UPDATE, 0, 0) + "\x7f\xff\xff\xff");
  EXPECT_TRUE(client.Wait([&] { return client.goaway_code().has_value(); }));
  EXPECT_EQ(client.goaway_code(), uint32_t{NGHTTP2_FLOW_CONTROL_ERROR});
  EXPECT_EQ(server_.server().counters().protocol_errors, 1u);
  ExpectHealthy();
}

TEST_F(Abuse, AHugeHeaderStringIsCut) {
  server_.Start();
  Http2Client client(server_.port());
  ASSERT_TRUE(client.Flush());
  // Literal header whose name claims a gigabyte.
  const std::string block("\x40\x7f\x81\xff\xff\xff\x03", 7);
  client.SendRaw(
      Http2Client::FrameHead(block.size(), NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1) + block);
  EXPECT_TRUE(client.Wait([&] { return client.goaway_code().has_value(); }));
  ExpectHealthy();
}

TEST_F(Abuse, MoreStreamsThanAllowedAreRefused) {
  server_.Start();
  Http2Client client(server_.port());
  ASSERT_TRUE(client.Wait(
      [&] { return client.remote_setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS) == 100; }));
  EXPECT_EQ(client.remote_setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE), 65536u);
  EXPECT_EQ(client.remote_setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE), 8192u);
}

TEST_F(Abuse, GarbageInsteadOfAPrefaceIsCut) {
  server_.Start();
  Http2Client client(server_.port(), {.speak = false});
  ASSERT_TRUE(client.SendRaw("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_TRUE(client.WaitLost());
  ExpectHealthy();
}

// ---- messages ----

TEST_F(Abuse, ALengthOfFourGigabytesAllocatesNothing) {
  server_.Start();
  Http2Client client(server_.port());
  const int32_t call = client.Open(kTalk);
  client.Send(call, "x");
  ASSERT_TRUE(client.WaitMessages(call, 1));
  const size_t before = ResidentBytes();
  client.SendBytes(call, std::string("\0\xff\xff\xff\xff", 5));
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(client.reply(call).Status(), "8");
  EXPECT_LT(ResidentBytes(), before + 4 * 1024 * 1024);
  ASSERT_TRUE(server_.WaitUntil([&] { return echo_.closed == 1; }));
  EXPECT_EQ(echo_.last_closed().code(), StatusCode::kResourceExhausted);
  ExpectHealthy();
}

TEST_F(Abuse, AMessageOfOneByteTooManyIsRefusedAndTheConnectionGoesOn) {
  server_.table.Add("/test.Echo/Small", {.receive_bytes_max = 1000}, echo_.Factory());
  server_.Start();
  Http2Client client(server_.port());
  const int32_t fits = client.Open("/test.Echo/Small");
  client.Send(fits, std::string(1000, 'x'));
  client.HalfClose(fits);
  const int32_t over = client.Open("/test.Echo/Small");
  client.Send(over, std::string(1001, 'x'));
  client.Send(over, std::string(100'000, 'y'));  // goes nowhere, and its window is returned
  client.HalfClose(over);
  ASSERT_TRUE(client.WaitClosed(fits));
  ASSERT_TRUE(client.WaitClosed(over));
  EXPECT_EQ(client.reply(fits).Status(), "0");
  EXPECT_EQ(client.reply(over).Status(), "8");
  const int32_t next = client.Open(kTalk, {}, true);
  ASSERT_TRUE(client.WaitClosed(next));
  EXPECT_EQ(client.reply(next).Status(), "0");
}

TEST_F(Abuse, ACompressedMessageWithoutAnEncodingIsRefused) {
  server_.Start();
  Http2Client client(server_.port());
  const int32_t call = client.Open(kTalk);
  client.SendBytes(call, std::string("\1\0\0\0\1x", 6));
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(client.reply(call).Status(), "13");
  EXPECT_EQ(echo_.messages, 0);
}

// ---- silence ----

TEST_F(Abuse, AConnectionWithoutARequestIsClosed) {
  server_.options.limits.first_request_timeout = milliseconds(30);
  server_.Start();
  Http2Client silent(server_.port(), {.speak = false});
  Http2Client polite(server_.port());
  EXPECT_TRUE(silent.WaitLost());
  EXPECT_TRUE(polite.WaitLost());
  EXPECT_EQ(polite.goaway_code(), uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_TRUE(server_.WaitUntil([&] { return server_.server().connections() == 0; }));
  EXPECT_EQ(server_.server().counters().timeouts, 2u);
}

TEST_F(Abuse, ASilentPeerIsAskedAndThenClosed) {
  server_.options.limits.keepalive_interval = milliseconds(20);
  server_.options.limits.keepalive_timeout = milliseconds(200);
  server_.Start();
  Http2Client client(server_.port());
  const int32_t call = client.Open(kTalk);
  client.Send(call, "x");
  ASSERT_TRUE(client.WaitMessages(call, 1));
  // As long as it answers, it lives.
  ASSERT_TRUE(client.Wait([&] { return client.pings_received() >= 5; }));
  EXPECT_EQ(echo_.closed, 0);
  // Now nobody reads its socket.
  EXPECT_TRUE(server_.WaitUntil([&] { return server_.server().connections() == 0; }));
  EXPECT_EQ(echo_.last_closed().code(), StatusCode::kUnavailable);
  EXPECT_EQ(server_.server().counters().timeouts, 1u);
}

TEST_F(Abuse, AMessageThatMakesNoProgressIsEnded) {
  server_.options.limits.message_stall_timeout = milliseconds(40);
  server_.Start();
  Http2Client client(server_.port());
  const int32_t idle = client.Open(kTalk);
  const int32_t stalled = client.Open(kTalk);
  client.Send(idle, "whole");
  client.SendBytes(stalled, Http2Client::Framed("whole").substr(0, 9));
  ASSERT_TRUE(client.WaitClosed(stalled));
  EXPECT_EQ(client.reply(stalled).Status(), "4");
  // Silence between messages is no offence.
  client.Send(idle, "another");
  EXPECT_TRUE(client.WaitMessages(idle, 2));
}

}  // namespace
}  // namespace belfry::test
