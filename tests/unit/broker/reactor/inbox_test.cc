// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/inbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace belfry::reactor {
namespace {

using ::testing::ElementsAre;

Instant Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }

class InboxByHand : public ::testing::Test {
 protected:
  SystemClock clock_;
  Reactor reactor_{0, clock_};
  std::vector<int> received_;
  Inbox<int> inbox_{reactor_, 4, [this](int&& entry) { received_.push_back(entry); }};

  size_t Offer(std::vector<int> entries) { return inbox_.Offer(entries); }
};

TEST_F(InboxByHand, TakesFromTheFrontWhatFits) {
  EXPECT_EQ(Offer({1, 2, 3}), 3u);
  EXPECT_EQ(Offer({4, 5, 6}), 1u);
  EXPECT_EQ(Offer({7}), 0u);
  EXPECT_EQ(inbox_.size(), 4u);
  reactor_.RunTurn(Soon());
  EXPECT_THAT(received_, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(Offer({5, 6}), 2u);
}

TEST_F(InboxByHand, IsDrainedOncePerTurn) {
  Inbox<int> echoing(reactor_, 4, [&](int&& entry) {
    received_.push_back(entry);
    if (entry < 3) {
      std::vector<int> next = {entry + 1};
      echoing.Offer(next);
    }
  });
  std::vector<int> first = {1};
  echoing.Offer(first);
  reactor_.RunTurn(Soon());
  EXPECT_THAT(received_, ElementsAre(1));
  reactor_.RunTurn(Soon());
  EXPECT_THAT(received_, ElementsAre(1, 2));
  reactor_.RunTurn(Soon());
  EXPECT_THAT(received_, ElementsAre(1, 2, 3));
}

TEST_F(InboxByHand, TellsWhenThereIsRoomAgain) {
  Offer({1, 2, 3, 4});
  int told = 0;
  inbox_.NotifyWhenRoom([&] {
    EXPECT_EQ(received_.size(), 4u);
    ++told;
  });
  EXPECT_EQ(told, 0);
  reactor_.RunTurn(Soon());
  EXPECT_EQ(told, 1);
  Offer({5, 6, 7, 8});
  reactor_.RunTurn(Soon());
  EXPECT_EQ(told, 1);
}

TEST_F(InboxByHand, MoreThanHalfIsNotRoomYet) {
  Offer({1, 2, 3});
  size_t received_when_told = 0;
  inbox_.NotifyWhenRoom([&] { received_when_told = received_.size(); });
  reactor_.RunTurn(Soon());
  EXPECT_EQ(received_when_told, 3u);
}

TEST_F(InboxByHand, TellsSoonIfThereIsRoomAlready) {
  Offer({1, 2});  // half full
  bool told = false;
  inbox_.NotifyWhenRoom([&] { told = true; });
  EXPECT_FALSE(told);
  reactor_.RunTurn(Soon());
  EXPECT_TRUE(told);
}

TEST(Inbox, MovesEntriesThatCannotBeCopied) {
  SystemClock clock;
  Reactor reactor(0, clock);
  std::vector<std::unique_ptr<int>> received;
  Inbox<std::unique_ptr<int>> inbox(
      reactor, 1, [&](std::unique_ptr<int>&& entry) { received.push_back(std::move(entry)); });
  std::unique_ptr<int> entries[2] = {std::make_unique<int>(1), std::make_unique<int>(2)};
  EXPECT_EQ(inbox.Offer(entries), 1u);
  EXPECT_EQ(entries[0], nullptr);
  ASSERT_NE(entries[1], nullptr);  // what did not fit stays with its owner
  reactor.RunTurn(Soon());
  ASSERT_EQ(received.size(), 1u);
}

// Producers that wait for room whenever they are refused must get everything through: a lost
// wake-up would hang one of them.
TEST(Inbox, LosesNeitherEntriesNorWakeUpsUnderPressure) {
  struct Entry {
    int producer;
    int number;
  };
  constexpr int kProducers = 3;
  constexpr int kEntries = 20'000;
  SystemClock clock;
  Reactor reactor(0, clock);
  std::vector<int> next(kProducers, 0);
  std::atomic<int> total{0};
  {
    Inbox<Entry> inbox(reactor, 64, [&](Entry&& entry) {
      EXPECT_EQ(entry.number, next[static_cast<size_t>(entry.producer)]++);
      ++total;
    });
    reactor.Start();
    std::vector<std::thread> producers;
    for (int p = 0; p < kProducers; ++p) {
      producers.emplace_back([&, p] {
        std::vector<Entry> batch;
        int number = 0;
        while (number < kEntries || !batch.empty()) {
          while (batch.size() < 10 && number < kEntries) batch.push_back({p, number++});
          const size_t taken = inbox.Offer(batch);
          batch.erase(batch.begin(), batch.begin() + static_cast<long>(taken));
          if (batch.empty()) continue;
          auto room = std::make_shared<std::promise<void>>();
          auto waiting = room->get_future();
          inbox.NotifyWhenRoom([room] { room->set_value(); });
          ASSERT_EQ(waiting.wait_for(std::chrono::seconds(30)), std::future_status::ready);
        }
      });
    }
    for (std::thread& producer : producers) producer.join();
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (total < kProducers * kEntries && std::chrono::steady_clock::now() < until) {
      auto turn = std::make_shared<std::promise<void>>();
      auto turned = turn->get_future();
      reactor.Post([turn] { turn->set_value(); });
      turned.wait();
    }
    EXPECT_EQ(total, kProducers * kEntries);
    reactor.Stop();
  }
}

}  // namespace
}  // namespace belfry::reactor
