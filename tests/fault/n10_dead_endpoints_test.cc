// SPDX-License-Identifier: Apache-2.0
//
// N10: endpoints that are wrong, dead, or all dead for a while. (That waits between tries grow, are
// jittered and bounded is shown by hand-moved time: ClientSession.)
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <iostream>
#include <mutex>
#include <set>
#include <string>

#include "belfry/client.h"
#include "tests/fault/traffic.h"
#include "tests/support/belfryd_process.h"
#include "tests/support/tcp_proxy.h"

namespace belfry::test {
namespace {

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

TEST(N10DeadEndpoints, OneGoodAddressAmongBadOnesIsFound) {
  BelfrydProcess broker;
  TcpProxy deaf(broker.grpc_port());
  deaf.Stall(true);
  ClientOptions options = QuickOptions(broker.address());
  options.connect_timeout = std::chrono::milliseconds(200);
  options.endpoints = {"no-such-host.invalid:7450", "127.0.0.1:1", deaf.address(),
                       broker.address()};
  for (int round = 0; round < 5; ++round) {
    auto client = Client::Create(options);
    EXPECT_TRUE(client->WaitUntilConnected(std::chrono::seconds(60)));
    EXPECT_TRUE(client->Publish("t", "x").get().ok());
  }
}

TEST(N10DeadEndpoints, WhatIsWrongIsToldAndItGoesOnWhenOneIsBack) {
  BelfrydProcess broker;
  TcpProxy proxy(broker.grpc_port());
  proxy.Refuse(true);
  std::mutex mutex;
  std::set<std::string> reasons;
  ClientOptions options;
  options.endpoints = {"no-such-host.invalid:7450", proxy.address()};
  options.on_state = [&](const StateChange& change) {
    std::lock_guard lock(mutex);
    if (!change.reason.ok()) reasons.insert(change.endpoint);
  };
  auto client = Client::Create(std::move(options));
  auto waits = client->Publish("t", "x");
  ASSERT_TRUE(WaitFor([&] {
    std::lock_guard lock(mutex);
    return reasons.size() == 2;
  }));
  const uint64_t tries = proxy.accepted();
  if (LongRun()) {
    const double before = CpuSeconds();
    constexpr int kSeconds = 60;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(kSeconds);
    WaitFor([&] { return std::chrono::steady_clock::now() > end; },
            std::chrono::seconds(kSeconds + 10));
    std::cout << "all dead for " << kSeconds << " s: " << proxy.accepted() - tries
              << " connections, " << 100 * (CpuSeconds() - before) / kSeconds << " % CPU\n";
  }
  EXPECT_NE(client->state(), State::kConnected);
  proxy.Refuse(false);
  EXPECT_TRUE(client->WaitUntilConnected(std::chrono::seconds(60)));
  const PublishOutcome outcome = waits.get();
  // In a long run its deadline has passed meanwhile, and it certainly was never sent.
  EXPECT_TRUE(LongRun() ? outcome.error.code == Error::kTimeout : outcome.ok());
}

}  // namespace
}  // namespace belfry::test
