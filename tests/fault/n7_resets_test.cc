// SPDX-License-Identifier: Apache-2.0
//
// N7: TCP resets of live connections. The client resumes exactly: no gap, no loss, no double, and
// every publish is OK, since the broker knows which of them it had taken in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <mutex>
#include <random>
#include <vector>

#include "tests/fault/traffic.h"
#include "tests/support/belfryd_process.h"
#include "tests/support/tcp_proxy.h"

namespace belfry::test {
namespace {

using Clock = std::chrono::steady_clock;

// Times from a reset to the session's going on.
class Outages {
 public:
  void Begin() {
    std::lock_guard lock(mutex_);
    begun_ = Clock::now();
  }
  void End() {
    std::lock_guard lock(mutex_);
    lengths_.push_back(Clock::now() - begun_);
  }
  void Print() {
    std::lock_guard lock(mutex_);
    std::sort(lengths_.begin(), lengths_.end());
    const auto ms_at = [&](double part) {
      const size_t at = static_cast<size_t>(part * static_cast<double>(lengths_.size() - 1));
      return std::chrono::duration<double, std::milli>(lengths_[at]).count();
    };
    std::cout << lengths_.size() << " resets, back after p50 " << ms_at(0.5) << " ms, p99 "
              << ms_at(0.99) << " ms, max " << ms_at(1) << " ms\n";
  }

 private:
  std::mutex mutex_;
  Clock::time_point begun_;
  std::vector<Clock::duration> lengths_;
};

TEST(N7Resets, BothSidesResumeExactly) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  // A stream as fast as it goes has more under way, in the buffers of sockets and proxy, than the
  // default window of 1 MiB keeps for a resume.
  BelfrydProcess broker({"--set", "session.resume_window=64MiB"});
  TcpProxy to_publisher(broker.grpc_port());
  TcpProxy to_subscriber(broker.grpc_port());
  std::atomic<int> not_resumed{0};
  const auto client_of = [&](const TcpProxy& proxy) {
    ClientOptions options = QuickOptions(proxy.address());
    options.on_state = [&not_resumed, first = true](const StateChange& change) mutable {
      if (change.state == State::kConnected && !std::exchange(first, false) && !change.resumed) {
        ++not_resumed;
      }
    };
    return Client::Create(std::move(options));
  };
  auto publisher = client_of(to_publisher);
  auto subscriber = client_of(to_subscriber);
  Traffic traffic(*publisher, *subscriber, "n7");
  traffic.Start();
  Outages outages;
  for (int round = 0; round < Rounds(40, 1'000); ++round) {
    const bool other = random() % 2 == 0;
    const uint64_t before = (other ? publisher : subscriber)->stats().connects;
    outages.Begin();
    // Half of them in the middle of a frame.
    (other ? to_publisher : to_subscriber).Reset(random() % 2 == 0 ? 0 : 1 + random() % 5'000);
    ASSERT_TRUE(
        WaitFor([&] { return (other ? publisher : subscriber)->stats().connects > before; }));
    outages.End();
  }
  EXPECT_TRUE(traffic.Flows());
  traffic.Stop();
  EXPECT_THAT(traffic.Check(), testing::IsEmpty());
  EXPECT_EQ(not_resumed, 0);
  EXPECT_EQ(traffic.delivered().gaps(GapCause::kReconnect), 0u);
  EXPECT_EQ(traffic.published().CountOf(PublishOutcome::Kind::kOk), traffic.published().invoked());
  outages.Print();
}

}  // namespace
}  // namespace belfry::test
