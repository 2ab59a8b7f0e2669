// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace belfry::reactor {
namespace {

using std::chrono::milliseconds;

// A client's end of a connection.
class Peer {
 public:
  explicit Peer(uint16_t port, const char* from = "127.0.0.1") {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, from, &address.sin_addr);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return;
    address.sin_port = htons(port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  ~Peer() { close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool connected() const { return connected_; }
  // The server has closed it.
  bool Closed() const {
    char byte;
    const ssize_t got = recv(fd_, &byte, 1, MSG_PEEK);
    return got == 0 || (got < 0 && errno == ECONNRESET);
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
};

class AcceptorTest : public ::testing::Test {
 protected:
  ~AcceptorTest() override {
    for (const auto& [fd, address] : taken_) close(fd);
  }
  void Listen(Acceptor::Options options = {}) {
    acceptor_ = std::make_unique<Acceptor>(
        reactor_, options, counters_,
        [this](int fd, std::string from) { taken_.emplace_back(fd, from); });
    ASSERT_TRUE(acceptor_->Listen("127.0.0.1:0").ok());
  }
  uint16_t port() const { return acceptor_->local_address().port; }
  bool TurnUntil(const std::function<bool()>& done) {
    const Instant until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < until) {
      reactor_.RunTurn(std::chrono::steady_clock::now() + milliseconds(5));
    }
    return done();
  }
  void CloseOne() {
    close(taken_.back().first);
    acceptor_->ConnectionClosed(taken_.back().second);
    taken_.pop_back();
  }

  SystemClock clock_;
  Reactor reactor_{0, clock_};
  Acceptor::Counters counters_;
  std::vector<std::pair<int, std::string>> taken_;
  std::unique_ptr<Acceptor> acceptor_;
};

TEST_F(AcceptorTest, AcceptsAndNamesThePeer) {
  Listen();
  EXPECT_NE(port(), 0);
  Peer peer(port());
  ASSERT_TRUE(TurnUntil([&] { return taken_.size() == 1; }));
  EXPECT_TRUE(taken_[0].second.starts_with("127.0.0.1:")) << taken_[0].second;
  EXPECT_NE(fcntl(taken_[0].first, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(taken_[0].first, F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(counters_.accepted, 1u);
  EXPECT_EQ(counters_.open, 1u);
}

TEST_F(AcceptorTest, SaysWhyItCannotListen) {
  Listen();
  Acceptor::Counters counters;
  Acceptor second(reactor_, {}, counters, [](int, std::string) {});
  const std::string address = acceptor_->local_address().ToString();
  const Status status = second.Listen(address);
  EXPECT_EQ(MessageOf(status), "cannot listen on " + address + ": bind: Address already in use");
  EXPECT_FALSE(second.Listen("nowhere").ok());
}

TEST_F(AcceptorTest, RefusesAboveTheCapAndTakesAgainBelowIt) {
  Listen({.connections_max = 2});
  Peer first(port()), second(port()), third(port());
  ASSERT_TRUE(TurnUntil([&] { return third.Closed(); }));
  EXPECT_EQ(taken_.size(), 2u);
  EXPECT_EQ(counters_.refused, 1u);
  CloseOne();
  Peer fourth(port());
  ASSERT_TRUE(TurnUntil([&] { return taken_.size() == 2; }));
  EXPECT_FALSE(fourth.Closed());
}

TEST_F(AcceptorTest, BoundsTheConnectionsOfOneAddress) {
  Listen({.connections_per_address_max = 1});
  Peer first(port()), second(port()), other(port(), "127.0.0.9");
  ASSERT_TRUE(TurnUntil([&] { return second.Closed() && taken_.size() == 2; }));
  EXPECT_FALSE(first.Closed());
  EXPECT_FALSE(other.Closed());
}

TEST_F(AcceptorTest, LeavesInTheBacklogWhatComesTooFast) {
  Listen({.accepts_per_second = 50, .accept_burst = 2});
  Peer first(port()), second(port()), third(port()), fourth(port());
  ASSERT_TRUE(TurnUntil([&] { return taken_.size() >= 2; }));
  EXPECT_EQ(taken_.size(), 2u);
  ASSERT_TRUE(TurnUntil([&] { return taken_.size() == 4; }));
  EXPECT_EQ(counters_.refused, 0u);
  EXPECT_GE(counters_.pauses, 1u);
}

TEST_F(AcceptorTest, TakesNothingWhilePaused) {
  Listen();
  acceptor_->Pause();
  Peer peer(port());
  for (int i = 0; i < 10; ++i) reactor_.RunTurn(std::chrono::steady_clock::now() + milliseconds(2));
  EXPECT_TRUE(taken_.empty());
  acceptor_->Resume();
  EXPECT_TRUE(TurnUntil([&] { return taken_.size() == 1; }));
}

TEST_F(AcceptorTest, TakesNothingAfterClose) {
  Listen();
  const uint16_t old_port = port();
  acceptor_->Close();
  Peer peer(old_port);
  EXPECT_FALSE(peer.connected());
}

// In a child process, whose descriptor limit is its own to lower: 0 if everything went as it
// should, else the line.
int ExhaustAndRelieve() {
#define REQUIRE(condition) \
  if (!(condition)) return __LINE__
  SystemClock clock;
  Reactor reactor(0, clock);
  Acceptor::Counters counters;
  std::vector<std::pair<int, std::string>> taken;
  Acceptor acceptor(reactor, {}, counters,
                    [&](int fd, std::string from) { taken.emplace_back(fd, std::move(from)); });
  REQUIRE(acceptor.Listen("127.0.0.1:0").ok());
  const auto turn_until = [&](const std::function<bool()>& done) {
    const Instant until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < until) {
      reactor.RunTurn(std::chrono::steady_clock::now() + milliseconds(5));
    }
    return done();
  };
  // The peers' descriptors are made first; then the limit leaves the acceptor none.
  std::vector<int> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(socket(AF_INET, SOCK_STREAM, 0));
  const int next = dup(0);
  close(next);
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = static_cast<rlim_t>(next) + 2;  // two connections can still be taken
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(acceptor.local_address().port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (const int peer : peers) {
    REQUIRE(connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  REQUIRE(turn_until([&] { return counters.pauses >= 1; }));
  REQUIRE(taken.size() == 2);
  REQUIRE(counters.refused >= 1);  // one was told at once, through the spare descriptor
  // Relief: what waits in the backlog is taken.
  close(taken.back().first);
  acceptor.ConnectionClosed(taken.back().second);
  taken.pop_back();
  REQUIRE(turn_until([&] { return counters.accepted >= 3; }));
  limit.rlim_cur = static_cast<rlim_t>(next) + 32;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  REQUIRE(turn_until([&] { return counters.accepted + counters.refused == peers.size(); }));
  return 0;
#undef REQUIRE
}

TEST(AcceptorExhaustion, PausesWithoutDescriptorsAndServesAgainAfterRelief) {
  const pid_t child = fork();
  if (child == 0) _exit(ExhaustAndRelieve() % 256);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "line (modulo 256) of the condition that failed";
}

}  // namespace
}  // namespace belfry::reactor
