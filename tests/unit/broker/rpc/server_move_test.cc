// SPDX-License-Identifier: Apache-2.0
//
// Connections that go from one running reactor of a server to another. Moment by moment:
// connection_move_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/http2_client.h"
#include "tests/unit/broker/rpc/running_server.h"
#include "tests/unit/broker/rpc/traveller.h"

namespace belfry::test {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

constexpr char kTalk[] = "/test.Echo/Talk";

// A server whose calls move on to the next reactor at each "go".
struct RoundTour {
  explicit RoundTour(int reactors) : server(reactors) {
    method.next = [this, reactors](rpc::Call& call) {
      return &server.reactor((call.reactor().index() + 1) % reactors);
    };
    server.table.Add(kTalk, {}, method.Factory());
  }

  Traveller method;
  RunningServer server;
};

int32_t OpenAndGo(Http2Client& client) {
  const int32_t call = client.Open(kTalk);
  client.Send(call, "go");
  EXPECT_TRUE(client.WaitMessages(call, 1));
  return call;
}

TEST(ServerMove, TheCallContinuesInBothDirections) {
  RoundTour tour(2);
  tour.server.Start();
  Http2Client client(tour.server.port());
  const int32_t call = OpenAndGo(client);
  for (int i = 0; i < 20; ++i) {
    client.Send(call, std::to_string(i));
    ASSERT_TRUE(client.WaitMessages(call, static_cast<size_t>(i) + 2));
    EXPECT_EQ(client.reply(call).messages.back(), std::to_string(i));
  }
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  const std::vector<std::string> notes = tour.method.Notes();
  ASSERT_GE(notes.size(), 22u);
  EXPECT_EQ(notes[0], "0 message go");
  EXPECT_EQ(notes[1], "1 moved");
  for (size_t i = 2; i < notes.size(); ++i) EXPECT_EQ(notes[i][0], '1') << notes[i];
  // The same connection serves more calls, there.
  const int32_t next = client.Open(kTalk);
  client.Send(next, "x");
  ASSERT_TRUE(client.WaitMessages(next, 1));
  EXPECT_EQ(tour.method.Notes().back(), "1 message x");
  EXPECT_EQ(tour.server.server().connections(), 1u);
}

TEST(ServerMove, NewConnectionsGoWhereFewerAre) {
  RoundTour tour(2);
  tour.server.Start();
  Http2Client moved(tour.server.port());
  OpenAndGo(moved);  // 0 -> 1
  ASSERT_TRUE(tour.server.WaitUntil([&] { return tour.method.moved == 1; }));
  tour.method.TakeNotes();
  std::vector<std::unique_ptr<Http2Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Http2Client>(tour.server.port()));
    Http2Client& client = *clients.back();
    const int32_t call = client.Open(kTalk);
    client.Send(call, std::to_string(i));
    ASSERT_TRUE(client.WaitMessages(call, 1));
  }
  EXPECT_THAT(tour.method.TakeNotes(), ElementsAre("0 message 0", "0 message 1", "1 message 2"));
}

TEST(ServerMove, IsCountedOutOnce) {
  RoundTour tour(3);
  tour.server.options.accept.connections_max = 1;
  tour.server.options.accept.connections_per_address_max = 1;
  tour.server.Start();
  for (int i = 0; i < 6; ++i) {
    Http2Client client(tour.server.port());
    const int32_t call = OpenAndGo(client);
    for (size_t k = 2; k < 6; ++k) {
      client.Send(call, "go");
      ASSERT_TRUE(client.WaitMessages(call, k));
    }
    shutdown(client.fd(), SHUT_RDWR);
    ASSERT_TRUE(
        tour.server.WaitUntil([&] { return tour.server.server().accept_counters().open == 0; }));
    EXPECT_EQ(tour.server.server().connections(), 0u);
  }
  EXPECT_EQ(tour.server.server().accept_counters().refused, 0u);
  EXPECT_EQ(tour.method.moved, 30);
  EXPECT_EQ(tour.method.closed, 6);
}

// Every message moves it on, while more of them come in and their answers go out.
TEST(ServerMove, ManyMovesUnderTrafficLoseNothing) {
  constexpr int kMessages = 400;
  RoundTour tour(3);
  tour.server.Start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&tour] {
      Http2Client client(tour.server.port(), {.stream_window_bytes = 65535});
      const int32_t call = client.Open(kTalk);
      const auto message = [](int k) {
        return (k % 3 == 0 ? "go " : "stay ") + std::to_string(k) + std::string(700, 'x');
      };
      for (int k = 0; k < kMessages; ++k) client.Send(call, message(k));
      client.HalfClose(call);
      EXPECT_TRUE(client.WaitClosed(call));
      EXPECT_EQ(client.reply(call).Status(), "0");
      const auto& messages = client.reply(call).messages;
      ASSERT_EQ(messages.size(), size_t{kMessages});
      for (int k = 0; k < kMessages; ++k) {
        ASSERT_TRUE(messages[static_cast<size_t>(k)] == message(k)) << k;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tour.method.messages, 4 * kMessages);
  EXPECT_EQ(tour.method.half_closes, 4);
  EXPECT_EQ(tour.method.moved, 4 * ((kMessages + 2) / 3));
  EXPECT_TRUE(tour.server.WaitUntil([&] { return tour.method.closed == 4; }));
  EXPECT_TRUE(tour.server.WaitUntil([&] { return tour.server.server().connections() == 0; }));
}

// Clients break off, wherever their connection happens to be.
TEST(ServerMove, BreaksAnywhereAreToldOnce) {
  constexpr int kClients = 60;
  RoundTour tour(3);
  tour.server.Start();
  for (int i = 0; i < kClients; ++i) {
    Http2Client client(tour.server.port());
    const int32_t call = client.Open(kTalk);
    for (int k = 0; k < i; ++k) client.Send(call, "go");
    if (i % 3 == 1) client.Reset(call);
    if (i % 3 == 2) client.HalfClose(call);
    ASSERT_TRUE(client.Flush());
    if (i % 2 == 0)
      client.Wait([&] { return !client.reply(call).messages.empty(); }, milliseconds(2));
  }
  const auto& counters = tour.server.server().accept_counters();
  EXPECT_TRUE(tour.server.WaitUntil(
      [&] { return counters.accepted == uint64_t{kClients} && counters.open == 0; }));
  EXPECT_EQ(tour.server.server().connections(), 0u);
  EXPECT_EQ(tour.method.closed, tour.method.started);
}

TEST(ServerMove, AStopReachesThemWhereverTheyAre) {
  for (int round = 0; round < 10; ++round) {
    RoundTour tour(3);
    tour.server.Start();
    std::atomic<bool> stopped{false};
    std::vector<std::unique_ptr<Http2Client>> clients;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(std::make_unique<Http2Client>(tour.server.port()));
    }
    std::vector<std::thread> threads;
    for (const auto& owned : clients) {
      threads.emplace_back([&client = *owned, &stopped] {
        const int32_t call = client.Open(kTalk);
        for (size_t k = 1; !stopped && !client.connection_lost(); ++k) {
          for (int n = 0; n < 5; ++n) client.Send(call, "go");
          client.Wait([&] {
            return client.connection_lost() || client.reply(call).messages.size() >= 5 * k;
          });
        }
      });
    }
    ASSERT_TRUE(tour.server.WaitUntil([&] { return tour.method.moved >= 60; }));
    tour.server.server().Stop();
    EXPECT_EQ(tour.server.server().connections(), 0u);
    EXPECT_EQ(tour.method.closed, tour.method.started);
    EXPECT_EQ(tour.method.last_closed().code(), StatusCode::kUnavailable);
    stopped = true;
    for (std::thread& thread : threads) thread.join();
  }
}

// It leaves the last reactor when the one it goes to has been stopped already, and arrives late.
TEST(ServerMove, AStopWaitsForTheLastArrival) {
  RoundTour tour(3);
  std::array<std::atomic<rpc::Call*>, 3> calls = {};
  tour.method.on_start = [&](rpc::Call& call) {
    calls[static_cast<size_t>(call.reactor().index())] = &call;
  };
  std::promise<void> second_stopped, stop_returned;
  std::future<void> stop_has_returned = stop_returned.get_future();
  tour.method.on_closed = [&](rpc::Call& call, const Status&) {
    if (&call != calls[1]) return;
    // Holds up what arrives on this reactor; nothing must go on without it.
    call.reactor().Post([&] {
      EXPECT_EQ(stop_has_returned.wait_for(milliseconds(50)), std::future_status::timeout);
    });
    second_stopped.set_value();
  };
  tour.server.Start();
  std::vector<std::unique_ptr<Http2Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Http2Client>(tour.server.port()));
    const int32_t call = clients.back()->Open(kTalk);
    clients.back()->Send(call, "x");
    ASSERT_TRUE(clients.back()->WaitMessages(call, 1));
  }
  tour.server.reactor(2).Post([&] {
    second_stopped.get_future().wait();
    EXPECT_TRUE(calls[2].load()->MoveTo(tour.server.reactor(1)));
  });
  tour.server.server().Stop();
  EXPECT_EQ(tour.method.closed, 3);
  EXPECT_EQ(tour.method.moved, 1);
  EXPECT_EQ(tour.server.server().connections(), 0u);
  stop_returned.set_value();
}

TEST(ServerMove, DrainsAfterwards) {
  RoundTour tour(2);
  tour.server.Start();
  Http2Client client(tour.server.port());
  const int32_t call = OpenAndGo(client);
  ASSERT_TRUE(tour.server.WaitUntil([&] { return tour.method.moved == 1; }));
  tour.server.server().Drain();
  ASSERT_TRUE(client.Wait([&] { return client.goaways() == 2; }));
  client.Send(call, "still here");
  ASSERT_TRUE(client.WaitMessages(call, 2));
  client.HalfClose(call);
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(client.reply(call).Status(), "0");
  EXPECT_TRUE(client.WaitLost());
  EXPECT_TRUE(tour.server.WaitUntil([&] { return tour.server.server().connections() == 0; }));
}

// If a move started the time anew, this would never end.
TEST(ServerMove, TheDeadlineKeepsItsRemainingTime) {
  RoundTour tour(2);
  tour.server.Start();
  Http2Client client(tour.server.port());
  // Before it is sent: the server may count from before this thread goes on.
  const auto start = std::chrono::steady_clock::now();
  const int32_t call = client.Open(kTalk, {{"grpc-timeout", "200m"}});
  const auto end = start + std::chrono::seconds(10);
  for (size_t i = 1; !client.reply(call).closed && std::chrono::steady_clock::now() < end; ++i) {
    client.Send(call, "go");
    client.Wait(
        [&] { return client.reply(call).closed || client.reply(call).messages.size() >= i; });
  }
  EXPECT_TRUE(client.reply(call).closed);
  EXPECT_GE(std::chrono::steady_clock::now(), start + milliseconds(200));
  ASSERT_TRUE(tour.server.WaitUntil([&] { return tour.method.closed == 1; }));
  EXPECT_EQ(tour.method.last_closed().code(), StatusCode::kDeadlineExceeded);
  EXPECT_GE(tour.method.moved, 2);
}

TEST(ServerMove, AnIdleCallEndsAtItsDeadlineThere) {
  RoundTour tour(2);
  tour.server.Start();
  Http2Client client(tour.server.port());
  const int32_t call = client.Open(kTalk, {{"grpc-timeout", "300m"}});
  client.Send(call, "go");
  ASSERT_TRUE(client.WaitClosed(call));
  EXPECT_EQ(client.reply(call).Status(), "4");
  ASSERT_TRUE(tour.server.WaitUntil([&] { return tour.method.closed == 1; }));
  EXPECT_THAT(tour.method.Notes(), ElementsAre("0 message go", "1 moved", "1 closed 4"));
}

TEST(ServerMove, SilenceIsMeasuredThere) {
  RoundTour tour(2);
  tour.server.options.limits.keepalive_interval = milliseconds(30);
  tour.server.options.limits.keepalive_timeout = milliseconds(300);
  tour.server.Start();
  Http2Client client(tour.server.port());
  OpenAndGo(client);
  ASSERT_TRUE(tour.server.WaitUntil([&] { return tour.method.moved == 1; }));
  const int pings = client.pings_received();
  ASSERT_TRUE(client.Wait([&] { return client.pings_received() >= pings + 2; }));
  // From here on it answers nothing.
  ASSERT_TRUE(tour.server.WaitUntil([&] { return tour.method.closed == 1; }));
  EXPECT_EQ(tour.server.server().counters().timeouts, 1u);
  EXPECT_EQ(tour.method.Notes().back(), "1 closed 14");
}

}  // namespace
}  // namespace belfry::test
