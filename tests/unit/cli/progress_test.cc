// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace belfry::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ProgressTest : public ::testing::Test {
 protected:
  Progress Make() {
    return Progress(clock_, [this](std::string_view bytes) { written_ += bytes; });
  }
  std::string Taken() { return std::exchange(written_, ""); }

  ManualClock clock_;
  std::string written_;
};

TEST_F(ProgressTest, WorkThatIsSoonDoneShowsNothing) {
  {
    Progress progress = Make();
    clock_.Advance(milliseconds(499));
    progress.Show([] { return std::string("one"); });
  }
  EXPECT_EQ(Taken(), "");
}

TEST_F(ProgressTest, WritesOverItselfNowAndThen) {
  Progress progress = Make();
  clock_.Advance(milliseconds(500));
  progress.Show([] { return std::string("one"); });
  EXPECT_EQ(Taken(), "\r\x1b[Kone");
  clock_.Advance(milliseconds(199));
  progress.Show([]() -> std::string {
    ADD_FAILURE() << "no text is made before it is due";
    return "";
  });
  clock_.Advance(milliseconds(1));
  progress.Show([] { return std::string("two"); });
  EXPECT_EQ(Taken(), "\r\x1b[Ktwo");
  progress.Clear();
  EXPECT_EQ(Taken(), "\r\x1b[K");
  progress.Clear();
  EXPECT_EQ(Taken(), "");
}

TEST_F(ProgressTest, NobodyWatches) {
  Progress progress(clock_, nullptr);
  EXPECT_FALSE(progress.shown());
  clock_.Advance(seconds(5));
  progress.Show([] { return std::string("one"); });
}

TEST(ProgressText, SaysHowMuchAndHowFast) {
  EXPECT_EQ(ProgressText("published", 12345, 1000000, seconds(2)),
            "published 12,345 of 1,000,000 (6,172/s)");
  EXPECT_EQ(ProgressText("delivered", 5, 0, seconds(0)), "delivered 5");
}

}  // namespace
}  // namespace belfry::cli
