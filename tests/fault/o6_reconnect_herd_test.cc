// SPDX-License-Identifier: Apache-2.0
//
// O6: a broker is killed and comes back, and all of its clients with it: each one Gap{RECONNECT}
// for each of its subscriptions, and messages flow again.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "belfry/client.h"
#include "tests/fault/traffic.h"
#include "tests/support/belfryd_process.h"

namespace belfry::test {
namespace {

using Clock = std::chrono::steady_clock;

// A client with a subscription of its own and one that all have.
struct Member {
  std::unique_ptr<Client> client;
  std::vector<Subscription> subscriptions;
  std::atomic<int> own_gaps{0};
  std::atomic<int> shared_gaps{0};
  std::atomic<int> shared_messages{0};
  std::atomic<int64_t> back_at_ns{0};

  void Start(const std::string& address, int index, const std::shared_ptr<Executor>& executor) {
    ClientOptions options;
    options.endpoints = {address};
    options.client_id = "herd-" + std::to_string(index);
    options.executor = executor;
    options.on_state = [this](const StateChange& change) {
      if (change.state == State::kConnected) back_at_ns = Clock::now().time_since_epoch().count();
    };
    client = Client::Create(std::move(options));
    Listen(Literal("own." + std::to_string(index)), own_gaps, nullptr);
    Listen(Literal("shared"), shared_gaps, &shared_messages);
  }
  void Listen(TopicFilter filter, std::atomic<int>& gaps, std::atomic<int>* messages) {
    SubscribeOptions options;
    options.on_gap = [&gaps](const Gap& gap) {
      if (gap.cause == GapCause::kReconnect) ++gaps;
    };
    subscriptions.push_back(client->Subscribe(
        std::move(filter),
        [messages](const Message&) {
          if (messages != nullptr) ++*messages;
        },
        std::move(options)));
  }
  bool Confirmed() const { return subscriptions[0].confirmed() && subscriptions[1].confirmed(); }
};

TEST(O6ReconnectHerd, AllComeBackAndEachIsToldOnce) {
  const int members_max = Rounds(500, 900);
  BelfrydProcess broker;
  auto executor = MakeThreadPool(1);
  std::vector<std::unique_ptr<Member>> members;
  for (int i = 0; i < members_max; ++i) {
    members.push_back(std::make_unique<Member>());
    members.back()->Start(broker.address(), i, executor);
  }
  const auto all = [&](auto&& what) {
    return WaitFor(
        [&] {
          for (const auto& member : members) {
            if (!what(*member)) return false;
          }
          return true;
        },
        std::chrono::seconds(90));
  };
  ASSERT_TRUE(all([](const Member& member) { return member.Confirmed(); }));
  for (int restart = 1; restart <= Rounds(1, 5); ++restart) {
    broker.Kill();
    broker.Start();
    const Clock::time_point returned = Clock::now();
    ASSERT_TRUE(all([&](const Member& member) {
      return member.own_gaps >= restart && member.shared_gaps >= restart;
    }));
    int64_t last = 0;
    for (const auto& member : members) last = std::max<int64_t>(last, member->back_at_ns);
    std::cout << members.size() << " clients back, the last one "
              << (last - returned.time_since_epoch().count()) / 1'000'000
              << " ms after the broker\n";
    ASSERT_TRUE(members[0]->client->Publish("shared", "again").get().ok());
    ASSERT_TRUE(all([&](const Member& member) { return member.shared_messages >= restart; }));
    for (const auto& member : members) {
      EXPECT_EQ(member->own_gaps, restart);
      EXPECT_EQ(member->shared_gaps, restart);
      EXPECT_EQ(member->shared_messages, restart);
    }
  }
}

}  // namespace
}  // namespace belfry::test
