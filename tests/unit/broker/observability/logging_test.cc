// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "broker/observability/log_lines.h"

namespace belfry::observability {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kTime[] = "2023-11-14T22:13:21.000000Z";  // where ManualClock starts

TEST(Log, WritesTextLines) {
  ManualClock clock;
  LogLines lines;
  Log log(clock, LogLevel::kDebug, LogFormat::kText, lines.Writer());
  log.Info("listening", {{"address", "127.0.0.1:7450"}, {"tls", true}});
  clock.Advance(std::chrono::microseconds(1'500'007));
  log.Error("no room",
            {{"used", uint64_t{18'446'744'073'709'551'615u}}, {"left", -1}, {"part", 0.5}});
  log.Warn("plain");
  EXPECT_THAT(lines.All(),
              ElementsAre(std::string(kTime) + " INFO  listening address=127.0.0.1:7450 tls=true",
                          "2023-11-14T22:13:22.500007Z ERROR no room used=18446744073709551615 "
                          "left=-1 part=0.5",
                          "2023-11-14T22:13:22.500007Z WARN  plain"));
}

TEST(Log, WritesJsonLines) {
  ManualClock clock;
  LogLines lines;
  Log log(clock, LogLevel::kDebug, LogFormat::kJson, lines.Writer());
  const std::string topic = "a\"b\n";
  log.Debug("odd \"topic\"", {{"topic", topic},
                              {"count", 3},
                              {"ok", false},
                              {"rate", std::numeric_limits<double>::infinity()}});
  EXPECT_THAT(lines.All(),
              ElementsAre(std::string("{\"time\":\"") + kTime +
                          "\",\"level\":\"debug\",\"message\":\"odd \\\"topic\\\"\","
                          "\"topic\":\"a\\\"b\\u000a\",\"count\":3,\"ok\":false,\"rate\":null}"));
}

// faults.md B13: whatever a client sends, its line stays one line of bounded size.
TEST(Log, FieldsCannotForgeLines) {
  ManualClock clock;
  for (const LogFormat format : {LogFormat::kText, LogFormat::kJson}) {
    LogLines lines;
    Log log(clock, LogLevel::kDebug, format, lines.Writer());
    log.Info("subscribed", {{"filter", "x\n" + std::string(kTime) + " ERROR forged"},
                            {"client", std::string(1 << 20, '\x1b')}});
    ASSERT_EQ(lines.All().size(), 1u);
    EXPECT_EQ(lines.All()[0].find_first_of("\n\x1b"), std::string::npos);
    EXPECT_LT(lines.All()[0].size(), 4'000u);
  }
}

TEST(Log, LeavesFieldsThatLookLikeFormatsAlone) {
  ManualClock clock;
  LogLines lines;
  Log log(clock, LogLevel::kInfo, LogFormat::kText, lines.Writer());
  log.Info("{} %s %v", {{"topic", "{0}%n%v"}});
  EXPECT_EQ(lines.All().at(0), std::string(kTime) + " INFO  {} %s %v topic={0}%n%v");
}

TEST(Log, ShowsItsLevelAndThoseAfterIt) {
  ManualClock clock;
  LogLines lines;
  Log log(clock, LogLevel::kWarn, LogFormat::kText, lines.Writer());
  log.Debug("one");
  log.Info("two");
  EXPECT_THAT(lines.All(), IsEmpty());
  log.Warn("three");
  log.Error("four");
  EXPECT_EQ(lines.All().size(), 2u);

  log.SetLevel(LogLevel::kDebug);
  log.Debug("five");
  EXPECT_EQ(lines.Count("DEBUG five"), 1u);
  log.SetLevel(LogLevel::kError);
  EXPECT_FALSE(log.Shows(LogLevel::kWarn));
  EXPECT_TRUE(log.Shows(LogLevel::kError));
}

TEST(Log, WritesWholeLinesFromManyThreads) {
  ManualClock clock;
  LogLines lines;
  Log log(clock, LogLevel::kInfo, LogFormat::kText, lines.Writer());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&log, i] {
      for (int n = 0; n < 100; ++n) {
        log.Info("turn", {{"thread", i}, {"n", n}});
        log.SetLevel(LogLevel::kInfo);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lines.Count(" INFO  turn thread="), 400u);
}

TEST(Log, GoesToStderrByDefault) {
  ManualClock clock;
  testing::internal::CaptureStderr();
  {
    Log log(clock, LogLevel::kInfo, LogFormat::kText);
    log.Info("ready", {{"node", "n1"}});
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), std::string(kTime) + " INFO  ready node=n1\n");
}

}  // namespace
}  // namespace belfry::observability
