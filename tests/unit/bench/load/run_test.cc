// SPDX-License-Identifier: Apache-2.0
#include "bench/load/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace belfry::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(60);

// A system within the publisher's thread: what is published is delivered before Publish returns,
// unless the test's `meet` says otherwise.
class FakeSystem final : public System, private PublishWire {
 public:
  // Called with the number of each measured message; false: it is lost.
  std::function<bool(uint64_t)> meet = [](uint64_t) { return true; };
  Status connect_result;

  Status Connect(const Plan& plan, const Tallies& tallies, Duration) override {
    plan_ = &plan;
    tallies_ = &tallies;
    return connect_result;
  }
  PublishWire& PublisherWire(uint32_t) override { return *this; }
  std::optional<double> ServerCpuSeconds() override { return ++cpu_asked_; }
  void Disconnect() override { ++disconnected_; }

  int disconnected() const { return disconnected_; }

 private:
  void Publish(uint32_t topic, std::string_view payload, bool measured) override {
    if (measured) {
      const bool met = meet(outcomes_.ok++);
      outcomes_.expected += plan_->SubscribersOf(topic);
      if (!met) return;
    }
    for (uint32_t i = 0; i < tallies_->size(); ++i) {
      if (plan_->TopicOfSubscriber(i) == topic) (*tallies_)[i]->Take(payload);
    }
  }
  void Push() override {}
  void Settle(Duration) override {}
  Outcomes outcomes() const override { return outcomes_; }

  const Plan* plan_ = nullptr;
  const Tallies* tallies_ = nullptr;
  Outcomes outcomes_;
  int cpu_asked_ = 0;
  int disconnected_ = 0;
};

// As a system that is busy with something else.
void Stall(Duration duration) { std::this_thread::sleep_until(SystemClock().Now() + duration); }

Load LoadOf(uint32_t subscribers, std::optional<uint64_t> rate) {
  Load load;
  load.subscribers = subscribers;
  load.rate = rate;
  load.measured = milliseconds(100);
  load.warmup = milliseconds(10);
  return load;
}

TEST(Run, AtARateEachMessageThatIsDueIsPublished) {
  FakeSystem system;
  const auto result = RunLoad(Plan(LoadOf(3, 1000), 1), system, kPatience);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->published, 100u);
  EXPECT_EQ(result->expected, 300u);
  EXPECT_EQ(result->delivered, 300u);
  EXPECT_EQ(result->delays.Count(), 300u);
  EXPECT_EQ(result->broker_cpu_s, 1.0);
  EXPECT_EQ(system.disconnected(), 1);
}

TEST(Run, AsFastAsItGoesIsWithoutAScheduleToBeLateFor) {
  FakeSystem system;
  const auto result = RunLoad(Plan(LoadOf(2, std::nullopt), 1), system, kPatience);
  ASSERT_TRUE(result.ok());
  EXPECT_GT(result->published, 0u);
  EXPECT_EQ(result->delivered, result->expected);
  EXPECT_FALSE(result->late_max.has_value());
}

TEST(Run, OneAtATimeWaitsForEachDelivery) {
  FakeSystem system;
  Load load = LoadOf(2, std::nullopt);
  load.kind = Load::Kind::kLatency;
  const auto result = RunLoad(Plan(load, 1), system, kPatience);
  ASSERT_TRUE(result.ok());
  EXPECT_GT(result->published, 0u);
  EXPECT_EQ(result->delivered, 2 * result->published);
}

// The open loop: a system that blocks its publisher must not hide the delay of what was due
// meanwhile.
TEST(Run, AStalledPublisherHidesNoDelay) {
  FakeSystem system;
  system.meet = [](uint64_t message) {
    if (message == 0) Stall(milliseconds(50));
    return true;
  };
  const auto result = RunLoad(Plan(LoadOf(1, 1000), 1), system, kPatience);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->published, 100u);
  // Message i was due i ms after the stall began, so the first 26 of 100 are 25 ms late or more.
  EXPECT_GE(Duration(result->delays.Percentile(0.75)), milliseconds(24));
  EXPECT_GE(Duration(result->delays.Max()), milliseconds(50));
  ASSERT_TRUE(result->late_max.has_value());
  EXPECT_GE(*result->late_max, milliseconds(50));
}

TEST(Run, WhatAPublisherFarBehindDoesNotSendHasFailed) {
  FakeSystem system;
  system.meet = [](uint64_t) {
    Stall(milliseconds(150));
    return true;
  };
  const auto result = RunLoad(Plan(LoadOf(1, 1000), 1), system, milliseconds(1));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->published, 1u);
  EXPECT_EQ(result->failed, 99u);
  EXPECT_GE(*result->late_max, milliseconds(150));
}

TEST(Run, ASpectatorHearsOfWarmUpAndProgress) {
  FakeSystem system;
  Load load = LoadOf(1, 1000);
  load.measured = milliseconds(500);
  int warming_up = 0;
  uint64_t delivered = 0;
  const auto result = RunLoad(Plan(load, 1), system, kPatience,
                              [&](std::optional<Duration> measured_for, uint64_t so_far) {
                                if (!measured_for) {
                                  ++warming_up;
                                } else {
                                  delivered = so_far;
                                }
                              });
  ASSERT_TRUE(result.ok());
  EXPECT_GT(warming_up, 0);
  EXPECT_GT(delivered, 0u);
  EXPECT_LE(delivered, result->delivered);
}

TEST(Run, LossIsShown) {
  FakeSystem system;
  system.meet = [](uint64_t message) { return message != 7; };
  const auto result = RunLoad(Plan(LoadOf(2, 1000), 1), system, kPatience);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->expected, 200u);
  EXPECT_EQ(result->delivered, 198u);
}

TEST(Run, AFullWindowWaitsNotForEverForWhatIsLost) {
  FakeSystem system;
  system.meet = [](uint64_t message) { return message < 10; };
  Load load = LoadOf(1, std::nullopt);
  load.payload_bytes = 1 << 20;  // a window of four
  const auto result = RunLoad(Plan(load, 1), system, kPatience);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->delivered, 10u);
  EXPECT_GT(result->stalls, 0u);
  EXPECT_GT(result->expected, 10u);
}

// Holds what is published until `deliver` says how many of the first messages have come by now.
class SlowSystem final : public System, private PublishWire {
 public:
  // Called when the publisher has nothing else to do, with how much was published and delivered.
  std::function<size_t(size_t published, size_t delivered)> deliver;
  std::function<void(size_t published, size_t delivered)> on_publish = [](size_t, size_t) {};

  Status Connect(const Plan&, const Tallies& tallies, Duration) override {
    tally_ = tallies.front().get();
    return Status();
  }
  PublishWire& PublisherWire(uint32_t) override { return *this; }
  std::optional<double> ServerCpuSeconds() override { return std::nullopt; }
  void Disconnect() override {}

  size_t published() const { return published_; }

 private:
  void Publish(uint32_t, std::string_view payload, bool measured) override {
    under_way_.emplace_back(payload.substr(0, kPayloadBytesMin));
    if (measured) outcomes_.expected = ++outcomes_.ok;
    on_publish(++published_, delivered_);
  }
  void Push() override { DeliverTo(deliver(published_, delivered_)); }
  void Settle(Duration) override { DeliverTo(published_); }
  Outcomes outcomes() const override { return outcomes_; }

  void DeliverTo(size_t end) {
    for (; delivered_ < end; ++delivered_) {
      tally_->Take(under_way_.front());
      under_way_.pop_front();
    }
  }

  Tally* tally_ = nullptr;
  std::deque<std::string> under_way_;
  size_t published_ = 0;
  size_t delivered_ = 0;
  Outcomes outcomes_;
};

// What was written off and comes after all must not leave more messages under way for good.
TEST(Run, AWindowIsAsDeepAfterAStallAsBefore) {
  SlowSystem system;
  size_t stalled_at = 0;
  system.deliver = [&](size_t published, size_t delivered) -> size_t {
    // Nothing, until the publisher no longer waits for the first window.
    if (stalled_at == 0) stalled_at = published;
    return published == stalled_at ? delivered : std::min(published, delivered + 1);
  };
  size_t deepest = 0;
  system.on_publish = [&](size_t published, size_t delivered) {
    if (stalled_at > 0 && delivered >= stalled_at + 4) {
      deepest = std::max(deepest, published - delivered);
    }
  };
  Load load = LoadOf(1, std::nullopt);
  load.payload_bytes = 1 << 20;  // a window of four
  load.warmup = Duration(0);
  load.measured = seconds(2);
  const auto result = RunLoad(Plan(load, 1), system, kPatience);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->stalls, 1u);
  EXPECT_EQ(result->delivered, result->expected);
  EXPECT_GT(deepest, 0u);
  // It is looked at before each fourth message, so what was there before the stall is two windows.
  EXPECT_EQ(stalled_at, 8u);
  EXPECT_LE(deepest, stalled_at);
}

TEST(Run, OneAtATimeStillWaitsAfterAStall) {
  SlowSystem system;
  system.deliver = [](size_t published, size_t delivered) -> size_t {
    // The first comes with the second, the third with the fourth.
    return published == 1 || published == 3 ? delivered : published;
  };
  Load load = LoadOf(1, std::nullopt);
  load.kind = Load::Kind::kLatency;
  load.warmup = Duration(0);
  load.measured = seconds(2);
  const auto result = RunLoad(Plan(load, 1), system, milliseconds(300));
  ASSERT_TRUE(result.ok());
  EXPECT_GT(system.published(), 4u);
  EXPECT_EQ(result->stalls, 2u);
  EXPECT_EQ(result->delivered, result->expected);
}

TEST(Run, WhoCannotConnectIsToldAndDisconnected) {
  FakeSystem system;
  system.connect_result = Unavailable("nobody there; start it");
  const auto result = RunLoad(Plan(LoadOf(1, 1000), 1), system, kPatience);
  EXPECT_EQ(MessageOf(result.status()), "nobody there; start it");
  EXPECT_EQ(system.disconnected(), 1);
}

}  // namespace
}  // namespace belfry::bench
