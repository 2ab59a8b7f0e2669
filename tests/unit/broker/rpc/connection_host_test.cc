// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/connection_host.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <string>
#include <vector>

#include "broker/rpc/server_counters.h"
#include "common/clock.h"

namespace belfry::test {
namespace {

std::array<int, 2> Pair() {
  std::array<int, 2> ends;
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  return ends;
}

// The kernel refuses to watch a descriptor that is watched already, as it does at its limit.
TEST(ConnectionHost, DropsADescriptorThatCannotBeWatchedAndForgetsItsNumber) {
  SystemClock clock;
  reactor::Reactor reactor(0, clock);
  rpc::ServiceTable table;
  const rpc::ConnectionLimits limits;
  rpc::ServerCounters counters;
  std::vector<std::string> closed;
  rpc::ConnectionHost host(reactor, table, limits, counters, {},
                           [&](const std::string& address) { closed.push_back(address); });
  const auto [ours, theirs] = Pair();
  asio::posix::stream_descriptor watched(reactor.io(), ours);
  host.AssignOne();
  host.Adopt(ours, "10.0.0.7:1234");
  EXPECT_EQ(closed, std::vector<std::string>{"10.0.0.7:1234"});
  EXPECT_EQ(host.load(), 0u);
  EXPECT_EQ(counters.connections, 0u);
  char byte;
  EXPECT_EQ(recv(theirs, &byte, 1, 0), 0) << "it is closed, and nothing was said";

  // The number goes to somebody else, to whom nothing of ours must be written.
  const auto [next, other] = Pair();
  EXPECT_EQ(next, ours);
  for (int i = 0; i < 3; ++i) reactor.RunTurn(clock.Now());
  EXPECT_EQ(recv(other, &byte, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  watched.release();
  for (const int fd : {theirs, next, other}) close(fd);
  host.StopAll(Status());
}

}  // namespace
}  // namespace belfry::test
