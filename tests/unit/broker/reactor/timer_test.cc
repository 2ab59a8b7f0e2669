// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/timer.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>

namespace belfry::reactor {
namespace {

using std::chrono::milliseconds;

class TimerTest : public ::testing::Test {
 protected:
  SystemClock clock_;
  Reactor reactor_{0, clock_};

  bool TurnUntil(const std::function<bool()>& done) {
    const Instant until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < until) {
      reactor_.RunTurn(until);
    }
    return done();
  }
  static void BusyUntilDue() {
    const Instant due = std::chrono::steady_clock::now() + milliseconds(3);
    while (std::chrono::steady_clock::now() < due) {
    }
  }
};

TEST_F(TimerTest, FiresOnce) {
  int fired = 0;
  Timer timer(reactor_, [&] { ++fired; });
  timer.StartOnce(milliseconds(1));
  EXPECT_TRUE(timer.active());
  ASSERT_TRUE(TurnUntil([&] { return fired == 1; }));
  EXPECT_FALSE(timer.active());
  reactor_.RunTurn(std::chrono::steady_clock::now() + milliseconds(5));
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, FiresAgainAndAgainWhenPeriodic) {
  int fired = 0;
  Timer timer(reactor_, [&] { ++fired; });
  timer.StartPeriodic(milliseconds(1));
  ASSERT_TRUE(TurnUntil([&] { return fired == 3; }));
  EXPECT_TRUE(timer.active());
  timer.Cancel();
  reactor_.RunTurn(std::chrono::steady_clock::now() + milliseconds(5));
  EXPECT_EQ(fired, 3);
}

// Both are due; the first cancels the second, whose handler is queued already and cannot be
// recalled.
TEST_F(TimerTest, DoesNotFireAfterCancelEvenIfDue) {
  int fired = 0;
  Timer second(reactor_, [&] { ++fired; });
  Timer first(reactor_, [&] {
    ++fired;
    second.Cancel();
  });
  first.StartOnce(milliseconds(1));
  second.StartOnce(milliseconds(1));
  BusyUntilDue();
  ASSERT_TRUE(TurnUntil([&] { return fired > 0; }));
  reactor_.RunTurn(std::chrono::steady_clock::now());
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, DoesNotFireAfterDestructionEvenIfDue) {
  int fired = 0;
  auto second = std::make_unique<Timer>(reactor_, [&] { ++fired; });
  Timer first(reactor_, [&] {
    ++fired;
    second = nullptr;
  });
  first.StartOnce(milliseconds(1));
  second->StartOnce(milliseconds(1));
  BusyUntilDue();
  ASSERT_TRUE(TurnUntil([&] { return fired > 0; }));
  reactor_.RunTurn(std::chrono::steady_clock::now());
  EXPECT_EQ(fired, 1);
}

TEST_F(TimerTest, MayBeDestroyedByItsOwnCallback) {
  bool fired = false;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(reactor_, [&] {
    timer = nullptr;
    fired = true;
  });
  timer->StartPeriodic(milliseconds(1));
  ASSERT_TRUE(TurnUntil([&] { return fired; }));
}

TEST_F(TimerTest, MayBeRestartedByItsOwnCallback) {
  int fired = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(reactor_, [&] {
    if (++fired < 3) timer->StartOnce(milliseconds(1));
  });
  timer->StartOnce(milliseconds(1));
  ASSERT_TRUE(TurnUntil([&] { return fired == 3; }));
}

TEST_F(TimerTest, ANewStartReplacesTheOld) {
  int fired = 0;
  Timer timer(reactor_, [&] { ++fired; });
  timer.StartOnce(milliseconds(1));
  timer.StartOnce(milliseconds(2));
  ASSERT_TRUE(TurnUntil([&] { return fired > 0; }));
  reactor_.RunTurn(std::chrono::steady_clock::now() + milliseconds(5));
  EXPECT_EQ(fired, 1);
}

}  // namespace
}  // namespace belfry::reactor
