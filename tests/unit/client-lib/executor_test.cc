// SPDX-License-Identifier: Apache-2.0
#include "belfry/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "client-lib/src/callback_runner.h"

namespace belfry::client {
namespace {

TEST(ThreadPool, RunsEveryTaskBeforeItEnds) {
  std::atomic<int> ran{0};
  {
    auto pool = MakeThreadPool(3);
    for (int i = 0; i < 1'000; ++i) pool->Post([&ran] { ++ran; });
  }
  EXPECT_EQ(ran, 1'000);
}

TEST(ThreadPool, MayBeDestroyedByItsOwnTask) {
  auto pool = MakeThreadPool(2);
  std::promise<void> go;
  std::promise<void> done;
  pool->Post([pool, &done, started = go.get_future().share()] {
    started.wait();
    done.set_value();
  });
  pool.reset();
  go.set_value();
  done.get_future().wait();
}

TEST(InlineExecutor, TasksPostedByATaskRunAfterIt) {
  auto executor = MakeInlineExecutor();
  std::vector<int> order;
  executor->Post([&] {
    executor->Post([&] {
      order.push_back(2);
      executor->Post([&] { order.push_back(3); });
    });
    order.push_back(1);
  });
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(CallbackRunner, KnowsWhetherItIsInside) {
  auto a = std::make_shared<CallbackRunner>(MakeInlineExecutor());
  auto b = std::make_shared<CallbackRunner>(MakeInlineExecutor());
  EXPECT_FALSE(a->Inside());
  bool inside_a = false;
  bool inside_b = true;
  a->Post([&] {
    inside_a = a->Inside();
    inside_b = b->Inside();
  });
  EXPECT_TRUE(inside_a);
  EXPECT_FALSE(inside_b);
  EXPECT_FALSE(a->Inside());
}

// An executor that is stopped for good.
class DroppingExecutor final : public Executor {
 public:
  void Post(std::function<void()>) override {}
};

TEST(CallbackRunner, IsIdleOnceTasksRanOrWereDropped) {
  auto pool = std::make_shared<CallbackRunner>(MakeThreadPool(2));
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) pool->Post([&ran] { ++ran; });
  pool->WaitUntilIdle();
  EXPECT_EQ(ran, 100);

  auto dropping = std::make_shared<CallbackRunner>(std::make_shared<DroppingExecutor>());
  dropping->Post([] { FAIL(); });
  dropping->WaitUntilIdle();
}

}  // namespace
}  // namespace belfry::client
