// SPDX-License-Identifier: Apache-2.0
#include "cli/idle_executor.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

namespace belfry::cli {
namespace {

TEST(IdleExecutor, SaysOnceThatNothingWaitsAnyMore) {
  std::string story;  // of the executor's thread, until it has ended
  std::promise<void> began, all_posted;
  {
    IdleExecutor executor([&] { story += "idle "; });
    executor.Post([&] {
      began.set_value();
      all_posted.get_future().wait();
      story += "one ";
    });
    began.get_future().wait();
    executor.Post([&] { story += "two "; });
    std::promise<void> last;
    executor.Post([&] {
      story += "three ";
      executor.Post([&] {
        story += "four ";
        last.set_value();
      });
    });
    all_posted.set_value();
    last.get_future().wait();
  }
  EXPECT_EQ(story.substr(story.find("one")), "one two three four idle ");
}

TEST(IdleExecutor, IsIdleAgainAfterEachBurst) {
  std::promise<void> idle[3];
  int count = 0;
  IdleExecutor executor([&] {
    if (count < 3) idle[count++].set_value();
  });
  idle[0].get_future().wait();  // there was nothing from the beginning
  for (int i = 1; i < 3; ++i) {
    executor.Post([] {});
    idle[i].get_future().wait();
  }
}

TEST(IdleExecutor, RunsWhatWasPostedBeforeItEnds) {
  int ran = 0;
  {
    IdleExecutor executor([] {});
    for (int i = 0; i < 1000; ++i) executor.Post([&] { ++ran; });
  }
  EXPECT_EQ(ran, 1000);
}

TEST(IdleExecutor, MayBeLetGoByItsLastTask) {
  std::promise<void> all_posted, idle;
  std::future<void> may_run = all_posted.get_future();
  bool ran = false;  // of the executor's thread, until it says that it is idle
  auto executor = std::make_shared<IdleExecutor>([&] {
    if (ran) idle.set_value();
  });
  executor->Post([&may_run, &ran, held = executor] {
    may_run.wait();
    ran = true;
  });
  executor.reset();
  all_posted.set_value();
  idle.get_future().wait();
}

TEST(IdleExecutor, RunsNothingAfterStop) {
  std::string story;
  const auto executor = std::make_shared<IdleExecutor>([&] { story += "idle "; });
  executor->Post([&, held = executor] { story += "one "; });
  executor->Stop();
  EXPECT_EQ(executor.use_count(), 1);
  EXPECT_EQ(story.substr(story.find("one")), "one idle ");
  const std::string before = story;
  executor->Post([&, held = executor] { story += "two "; });
  EXPECT_EQ(executor.use_count(), 1) << "dropped";
  executor->Stop();
  EXPECT_EQ(story, before);
}

}  // namespace
}  // namespace belfry::cli
