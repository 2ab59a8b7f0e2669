// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/reactor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/post.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace belfry::reactor {
namespace {

using ::testing::ElementsAre;

struct CallingTurnEnd final : TurnEnd {
  explicit CallingTurnEnd(std::function<void()> function) : call(std::move(function)) {}
  void OnTurnEnd() override { call(); }
  std::function<void()> call;
};

Instant Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }

class ReactorByHand : public ::testing::Test {
 protected:
  SystemClock clock_;
  Reactor reactor_{3, clock_};
  std::vector<std::string> log_;

  CallingTurnEnd Logging(std::string name) {
    return CallingTurnEnd([this, name] { log_.push_back(name); });
  }
};

TEST_F(ReactorByHand, OneTurnRunsPostsThenProducersThenTransmitters) {
  auto transmitter = Logging("transmitter");
  auto first = Logging("producer 1");
  auto second = CallingTurnEnd([&] {
    log_.push_back("producer 2");
    reactor_.ScheduleTransmit(&transmitter);
  });
  reactor_.AddProducer(&first);
  reactor_.AddProducer(&second);
  reactor_.Post([&] { log_.push_back("post"); });
  reactor_.RunTurn(Soon());
  EXPECT_THAT(log_, ElementsAre("post", "producer 1", "producer 2", "transmitter"));
  EXPECT_EQ(reactor_.turns(), 1u);
}

TEST_F(ReactorByHand, ATransmitterScheduledTwiceRunsOnceAndOnlyInThatTurn) {
  auto transmitter = Logging("transmitter");
  reactor_.ScheduleTransmit(&transmitter);
  reactor_.ScheduleTransmit(&transmitter);
  reactor_.RunTurn(Soon());
  reactor_.RequestTurn();
  reactor_.RunTurn(Soon());
  EXPECT_THAT(log_, ElementsAre("transmitter"));
}

TEST_F(ReactorByHand, ATransmitterMayScheduleItselfForTheNextTurn) {
  int runs = 0;
  CallingTurnEnd transmitter([] {});
  transmitter.call = [&] {
    if (++runs < 3) reactor_.ScheduleTransmit(&transmitter);
  };
  reactor_.ScheduleTransmit(&transmitter);
  reactor_.RunTurn(Soon());
  EXPECT_EQ(runs, 1);
  // Scheduled work keeps the turns from waiting: these return at once.
  reactor_.RunTurn(Soon());
  reactor_.RunTurn(Soon());
  EXPECT_EQ(runs, 3);
}

TEST_F(ReactorByHand, ACancelledTransmitterDoesNotRun) {
  auto cancelled = Logging("cancelled");
  auto later = Logging("later");
  CallingTurnEnd canceller([&] {
    log_.push_back("canceller");
    reactor_.CancelTransmit(&cancelled);
  });
  reactor_.ScheduleTransmit(&cancelled);
  reactor_.CancelTransmit(&cancelled);
  reactor_.CancelTransmit(&cancelled);
  reactor_.ScheduleTransmit(&canceller);
  // Cancelled by one that runs before it in the same turn.
  reactor_.ScheduleTransmit(&cancelled);
  reactor_.ScheduleTransmit(&later);
  reactor_.RunTurn(Soon());
  EXPECT_THAT(log_, ElementsAre("canceller", "later"));
}

TEST_F(ReactorByHand, ARemovedProducerRunsNoMore) {
  auto producer = Logging("producer");
  CallingTurnEnd remover([&] { reactor_.RemoveProducer(&producer); });
  reactor_.AddProducer(&remover);
  reactor_.AddProducer(&producer);
  reactor_.RequestTurn();
  reactor_.RunTurn(Soon());
  reactor_.RequestTurn();
  reactor_.RunTurn(Soon());
  EXPECT_TRUE(log_.empty());
  reactor_.RemoveProducer(&remover);
}

TEST_F(ReactorByHand, WhatIsPostedWhilePostsRunWaitsForTheNextTurn) {
  reactor_.Post([&] {
    log_.push_back("first");
    reactor_.Post([&] { log_.push_back("second"); });
  });
  reactor_.RunTurn(Soon());
  EXPECT_THAT(log_, ElementsAre("first"));
  reactor_.RunTurn(Soon());
  EXPECT_THAT(log_, ElementsAre("first", "second"));
}

TEST_F(ReactorByHand, ATurnRunsABoundedNumberOfHandlers) {
  std::function<void()> again = [&] { asio::post(reactor_.io(), again); };
  again();
  reactor_.RunTurn(Soon());
  EXPECT_EQ(reactor_.turns(), 1u);
}

TEST_F(ReactorByHand, ATurnWithNothingToDoEndsAtItsDeadline) {
  reactor_.RunTurn(std::chrono::steady_clock::now());
  EXPECT_EQ(reactor_.turns(), 1u);
}

TEST(Reactor, SeesOneInstantPerTurn) {
  ManualClock clock;
  Reactor reactor(0, clock);
  const Instant start = reactor.now();
  clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(reactor.now(), start);
  reactor.RequestTurn();
  reactor.RunTurn(Soon());
  EXPECT_EQ(reactor.now(), start + std::chrono::seconds(1));
}

TEST(Reactor, RunsPostsOfManyThreadsEachInItsOrder) {
  SystemClock clock;
  Reactor reactor(0, clock);
  EXPECT_TRUE(reactor.InThread());
  reactor.Start();
  constexpr int kThreads = 4;
  constexpr int kPosts = 5'000;
  std::vector<std::vector<int>> seen(kThreads);
  std::atomic<int> total{0};
  std::promise<void> all_done;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        reactor.Post([&, t, i] {
          EXPECT_TRUE(reactor.InThread());
          seen[static_cast<size_t>(t)].push_back(i);
          if (++total == kThreads * kPosts) all_done.set_value();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(all_done.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  EXPECT_FALSE(reactor.InThread());
  reactor.Stop();
  for (const std::vector<int>& order : seen) {
    ASSERT_EQ(order.size(), static_cast<size_t>(kPosts));
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  }
}

TEST(Reactor, ManyPostsCostFewTurns) {
  SystemClock clock;
  Reactor reactor(0, clock);
  reactor.Start();
  std::promise<void> entered, go, done;
  reactor.Post([&] {
    entered.set_value();
    go.get_future().wait();
  });
  entered.get_future().wait();
  const uint64_t before = reactor.turns();
  for (int i = 0; i < 1000; ++i) reactor.Post([] {});
  reactor.Post([&] { done.set_value(); });
  go.set_value();
  done.get_future().wait();
  reactor.Stop();
  // The turn that was held up, the one that ran them all, and the one of the stop.
  EXPECT_LE(reactor.turns() - before, 4u);
}

TEST(Reactor, StopsFromAnyOtherThreadAndTwice) {
  SystemClock clock;
  Reactor reactor(0, clock);
  reactor.Start();
  std::thread other([&] { reactor.Stop(); });
  reactor.Stop();
  other.join();
}

TEST(Reactor, NamesItsThread) {
  SystemClock clock;
  Reactor reactor(7, clock);
  reactor.Start();
  std::promise<std::string> name;
  reactor.Post([&] {
    char text[16] = "";
    pthread_getname_np(pthread_self(), text, sizeof(text));
    name.set_value(text);
  });
  EXPECT_EQ(name.get_future().get(), "reactor-7");
  reactor.Stop();
}

}  // namespace
}  // namespace belfry::reactor
