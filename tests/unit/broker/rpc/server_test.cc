// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/mutex.h"
#include "tests/support/http2_client.h"
#include "tests/unit/broker/rpc/running_server.h"
#include "tests/unit/broker/rpc/scripted_call_handler.h"

namespace belfry::test {
namespace {

constexpr char kTalk[] = "/test.Echo/Talk";

int32_t OpenAndEcho(Http2Client& client) {
  const int32_t call = client.Open(kTalk);
  client.Send(call, "x");
  EXPECT_TRUE(client.WaitMessages(call, 1));
  return call;
}

TEST(Server, SpreadsConnectionsOverItsReactors) {
  ScriptedMethod method;
  Mutex mutex;
  std::vector<int> per_reactor(3, 0);
  method.on_start = [&](rpc::Call& call) {
    EXPECT_TRUE(call.reactor().InThread());
    MutexLock lock(mutex);
    ++per_reactor[static_cast<size_t>(call.reactor().index())];
  };
  RunningServer server(3);
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  std::vector<std::unique_ptr<Http2Client>> clients;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(std::make_unique<Http2Client>(server.port()));
    OpenAndEcho(*clients.back());
  }
  EXPECT_EQ(server.server().connections(), 9u);
  EXPECT_EQ(server.server().accept_counters().accepted, 9u);
  MutexLock lock(mutex);
  EXPECT_EQ(per_reactor, (std::vector<int>{3, 3, 3}));
}

TEST(Server, CountsAConnectionOutWhereItWasCountedIn) {
  ScriptedMethod method;
  RunningServer server(2);
  server.options.accept.connections_max = 2;
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  for (int i = 0; i < 6; ++i) {
    Http2Client first(server.port()), second(server.port());
    OpenAndEcho(first);
    OpenAndEcho(second);
    Http2Client third(server.port());
    EXPECT_TRUE(third.WaitLost());
    shutdown(first.fd(), SHUT_RDWR);
    shutdown(second.fd(), SHUT_RDWR);
    ASSERT_TRUE(server.WaitUntil([&] { return server.server().accept_counters().open == 0; }));
  }
  EXPECT_EQ(server.server().accept_counters().refused, 6u);
}

TEST(Server, PausesAccepting) {
  ScriptedMethod method;
  RunningServer server;
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  server.server().PauseAccepting();
  server.On(0, [] {});
  Http2Client client(server.port());
  const int32_t call = client.Open(kTalk);
  client.Send(call, "x");
  ASSERT_TRUE(client.Flush());
  for (int i = 0; i < 20; ++i) server.On(0, [] {});
  EXPECT_EQ(server.server().connections(), 0u);
  EXPECT_EQ(method.started, 0);
}

TEST(Server, DrainsInTwoSteps) {
  ScriptedMethod method;
  RunningServer server(2);
  server.options.limits.drain_notice_timeout = std::chrono::milliseconds(100);
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  Http2Client busy(server.port()), idle(server.port());
  const int32_t call = OpenAndEcho(busy);
  const int32_t over = OpenAndEcho(idle);
  idle.HalfClose(over);
  ASSERT_TRUE(idle.WaitClosed(over));

  server.server().Drain();
  // The idle one is told and closed.
  EXPECT_TRUE(idle.WaitLost());
  EXPECT_EQ(idle.goaways(), 2);
  EXPECT_EQ(idle.goaway_code(), uint32_t{NGHTTP2_NO_ERROR});
  // The busy one is told, first without and then with the last stream that counts; its call goes
  // on.
  ASSERT_TRUE(busy.Wait([&] { return busy.goaways() == 2; }));
  EXPECT_EQ(busy.goaway_last_stream(), call);
  busy.Send(call, "still here");
  ASSERT_TRUE(busy.WaitMessages(call, 2));
  EXPECT_FALSE(busy.connection_lost());
  busy.HalfClose(call);
  ASSERT_TRUE(busy.WaitClosed(call));
  EXPECT_EQ(busy.reply(call).Status(), "0");
  EXPECT_TRUE(busy.WaitLost());
  EXPECT_TRUE(server.WaitUntil([&] { return server.server().connections() == 0; }));
}

TEST(Server, TakesCallsThatCrossedTheFirstGoaway) {
  ScriptedMethod method;
  RunningServer server;
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t first = OpenAndEcho(client);
  // Opened before the client can have read the first GOAWAY.
  const int32_t second = client.Open(kTalk);
  client.Send(second, "x");
  server.server().Drain();
  server.On(0, [] {});
  ASSERT_TRUE(client.WaitMessages(second, 1));
  ASSERT_TRUE(client.Wait([&] { return client.goaways() == 2; }));
  EXPECT_EQ(client.goaway_last_stream(), second);
  for (const int32_t call : {first, second}) client.HalfClose(call);
  EXPECT_TRUE(client.WaitLost());
  EXPECT_EQ(client.reply(first).Status(), "0");
  EXPECT_EQ(client.reply(second).Status(), "0");
}

TEST(Server, DrainsAClientThatDoesNotAnswerPings) {
  ScriptedMethod method;
  RunningServer server;
  server.options.limits.drain_notice_timeout = std::chrono::milliseconds(20);
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  Http2Client client(server.port());
  const int32_t call = client.Open(kTalk, {}, true);
  ASSERT_TRUE(client.WaitClosed(call));
  server.server().Drain();
  // Nothing is read or answered here meanwhile.
  EXPECT_TRUE(server.WaitUntil([&] { return server.server().connections() == 0; }));
}

TEST(Server, StopEndsEverythingAndReturnsWhenItHas) {
  auto server = std::make_unique<RunningServer>(2);
  ScriptedMethod method;
  server->table.Add(kTalk, {}, method.Factory());
  server->Start();
  std::vector<std::unique_ptr<Http2Client>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<Http2Client>(server->port()));
    OpenAndEcho(*clients.back());
  }
  server->server().Stop();
  EXPECT_EQ(method.closed, 4);
  EXPECT_EQ(method.last_closed().code(), StatusCode::kUnavailable);
  EXPECT_EQ(server->server().connections(), 0u);
  server->server().Stop();
  for (const auto& client : clients) {
    EXPECT_TRUE(client->WaitLost());
    EXPECT_EQ(client->goaway_code(), uint32_t{NGHTTP2_NO_ERROR});
  }
  server = nullptr;
}

TEST(Server, StopsWhileClientsComeAndGo) {
  ScriptedMethod method;
  RunningServer server(2);
  server.table.Add(kTalk, {}, method.Factory());
  server.Start();
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) {
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
          Http2Client client(fd, {}, nullptr);
          const int32_t call = client.Open(kTalk);
          client.Send(call, "x");
          client.Wait(
              [&] { return client.connection_lost() || !client.reply(call).messages.empty(); });
        } else {
          close(fd);
        }
      }
    });
  }
  ASSERT_TRUE(server.WaitUntil([&] { return method.closed >= 5; }));
  server.server().Stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(method.started, method.closed);
}

TEST(Server, SaysWhyItCannotListen) {
  SystemClock clock;
  reactor::Reactor reactor(0, clock);
  rpc::ServiceTable table;
  rpc::Server server({.address = "256.0.0.1:1"}, {&reactor}, table);
  EXPECT_EQ(server.Listen().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace belfry::test
