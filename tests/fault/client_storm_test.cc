// SPDX-License-Identifier: Apache-2.0
//
// Everything that can happen to a client's broker and network, in an order that a seed chooses,
// under load; and the history of it all is true.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/fault/traffic.h"
#include "tests/support/belfryd_process.h"
#include "tests/support/tcp_proxy.h"

namespace belfry::test {
namespace {

class ClientStorm : public testing::Test {
 protected:
  void Reset() { Proxy().Reset(random_() % 2 == 0 ? 0 : 1 + random_() % 20'000); }
  // Until the client has noticed, or not even that.
  void Stall() {
    TcpProxy& proxy = Proxy();
    proxy.Stall(true);
    if (random_() % 2 == 0) {
      Client& client = &proxy == &to_publisher_ ? *publisher_ : *subscriber_;
      WaitFor([&] { return client.state() != State::kConnected; });
    }
    proxy.Stall(false);
  }
  void Refuse() {
    TcpProxy& proxy = Proxy();
    const uint64_t before = proxy.accepted();
    proxy.Refuse(true);
    proxy.Reset();
    WaitFor([&] { return proxy.accepted() > before + 2; });
    proxy.Refuse(false);
  }
  void KillBroker() {
    broker_.Kill();
    broker_.Start();
    ++restarts_;
  }
  void DrainBroker() {
    broker_.Signal(SIGTERM);
    EXPECT_EQ(broker_.Wait(), 0);
    broker_.Start();
    ++restarts_;
  }
  void StopBroker() {
    broker_.Signal(SIGSTOP);
    if (random_() % 2 == 0) {
      WaitFor([&] { return publisher_->state() != State::kConnected; });
    }
    broker_.Signal(SIGCONT);
  }

  TcpProxy& Proxy() { return random_() % 2 == 0 ? to_publisher_ : to_subscriber_; }
  void Step() {
    switch (random_() % 10) {
      case 0:
        return KillBroker();
      case 1:
        return DrainBroker();
      case 2:
        return StopBroker();
      case 3:
        return Refuse();
      case 4:
      case 5:
        return Stall();
      default:
        return Reset();
    }
  }

  const uint32_t seed_ = std::getenv("BELFRY_SEED") != nullptr
                             ? static_cast<uint32_t>(std::atoll(std::getenv("BELFRY_SEED")))
                             : std::random_device()();
  std::mt19937 random_{seed_};
  // A dead peer is found within 600 ms.
  BelfrydProcess broker_{
      {"--set", "session.heartbeat=200ms", "--set", "session.drain_window=300ms"}};
  TcpProxy to_publisher_{broker_.grpc_port()};
  TcpProxy to_subscriber_{broker_.grpc_port()};
  std::unique_ptr<Client> publisher_ = Client::Create(QuickOptions(to_publisher_.address()));
  std::unique_ptr<Client> subscriber_ = Client::Create(QuickOptions(to_subscriber_.address()));
  int restarts_ = 0;
};

TEST_F(ClientStorm, HistoryStaysTrue) {
  SCOPED_TRACE("BELFRY_SEED=" + std::to_string(seed_));
  Traffic traffic(*publisher_, *subscriber_, "storm");
  traffic.Start();
  for (int step = 0; step < Rounds(30, 500); ++step) {
    Step();
    ASSERT_TRUE(traffic.Flows()) << "after step " << step;
  }
  traffic.Stop();
  EXPECT_THAT(traffic.Check(), testing::IsEmpty());
  // Without a restart a session was always there to be resumed.
  if (restarts_ == 0) {
    EXPECT_EQ(traffic.delivered().gaps(GapCause::kReconnect), 0u);
  }
}

}  // namespace
}  // namespace belfry::test
