// SPDX-License-Identifier: Apache-2.0
#include "cli/idle_executor.h"

#include <gtest/gtest.h>

#include <future>
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

}  // namespace
}  // namespace belfry::cli
