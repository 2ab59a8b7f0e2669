// SPDX-License-Identifier: Apache-2.0
#include "cli/node_change.h"

#include <gtest/gtest.h>

#include <chrono>

namespace belfry::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Asked at `at`, by a clock of our own; answered at once.
NodeLook At(Duration at, Duration uptime, uint64_t cpu_us, uint64_t dropped) {
  NodeLook look;
  look.report.server = "a:1";
  look.report.node_id = "n";
  look.report.uptime_ms =
      static_cast<uint64_t>(std::chrono::duration_cast<milliseconds>(uptime).count());
  look.report.cpu_us = cpu_us;
  look.report.dropped = dropped;
  look.asked = look.answered = Instant() + at;
  return look;
}

TEST(NodeChange, OfOneProcess) {
  const NodeLook before = At(seconds(100), seconds(10), 1'000'000, 5);
  const NodeLook now = At(seconds(102), seconds(12), 2'000'000, 9);
  EXPECT_TRUE(SameProcess(before, now));
  EXPECT_EQ(CpuPercent(before, now), 50.0);
  EXPECT_EQ(LostPerSecond(before, now), 2.0);
  EXPECT_EQ(CpuPercent(before, before), std::nullopt) << "no time has passed";
}

TEST(NodeChange, AnAnswerMayTakeLong) {
  const NodeLook before = At(seconds(100), seconds(10), 0, 0);
  NodeLook now = At(seconds(101), seconds(18), 1'000'000, 0);
  now.answered = Instant() + seconds(110);
  EXPECT_TRUE(SameProcess(before, now));
  EXPECT_EQ(CpuPercent(before, now), 10.0);
}

TEST(NodeChange, ARestartIsSeenThoughTheUptimeGrew) {
  // It was away from 101 to 130: older than at the first look, with less CPU time used.
  const NodeLook before = At(seconds(100), seconds(2), 900'000, 5);
  const NodeLook now = At(seconds(140), seconds(10), 100'000, 0);
  EXPECT_FALSE(SameProcess(before, now));
  EXPECT_EQ(CpuPercent(before, now), std::nullopt);
  EXPECT_EQ(LostPerSecond(before, now), std::nullopt);
  // Its counters may have grown, too.
  EXPECT_EQ(CpuPercent(before, At(seconds(140), seconds(10), 1'000'000, 9)), std::nullopt);
  EXPECT_FALSE(SameProcess(before, At(seconds(101), seconds(0), 1'000'000, 9)));
}

TEST(NodeChange, ACounterThatWentDownTellsNothing) {
  // Restarted so soon that it looks like the same.
  const NodeLook before = At(seconds(100), milliseconds(100), 900'000, 5);
  const NodeLook now = At(seconds(101), milliseconds(300), 100'000, 6);
  EXPECT_TRUE(SameProcess(before, now));
  EXPECT_EQ(CpuPercent(before, now), std::nullopt);
  EXPECT_EQ(LostPerSecond(before, now), 1.0);
}

TEST(NodeChange, AnotherNodeIsNotTheSame) {
  const NodeLook before = At(seconds(100), seconds(10), 0, 0);
  NodeLook now = At(seconds(101), seconds(11), 1, 0);
  now.report.server = "b:2";
  EXPECT_FALSE(SameProcess(before, now));
  now = At(seconds(101), seconds(11), 1, 0);
  now.report.node_id = "m";
  EXPECT_FALSE(SameProcess(before, now));
}

}  // namespace
}  // namespace belfry::cli
