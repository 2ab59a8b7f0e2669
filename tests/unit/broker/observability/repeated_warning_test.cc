// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/repeated_warning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/observability/log_lines.h"

namespace belfry::observability {
namespace {

TEST(RepeatedWarning, WritesTheFirstAndThenOnePerInterval) {
  ManualClock clock;
  LogLines lines;
  Log log(clock, LogLevel::kInfo, LogFormat::kText, lines.Writer());
  RepeatedWarning warning(log, clock, std::chrono::seconds(10));

  warning.Warn("refused", {{"peer", "a"}});
  EXPECT_EQ(lines.Count("WARN  refused peer=a"), 1u);
  for (int i = 0; i < 41; ++i) warning.Warn("refused", {{"peer", "b"}});
  clock.Advance(std::chrono::milliseconds(9'999));
  warning.Warn("refused");
  EXPECT_EQ(lines.All().size(), 1u);

  clock.Advance(std::chrono::milliseconds(1));
  warning.Warn("refused", {{"peer", "c"}});
  ASSERT_EQ(lines.All().size(), 2u);
  EXPECT_THAT(lines.All()[1], testing::EndsWith("refused peer=c repeated=42"));

  clock.Advance(std::chrono::seconds(10));
  warning.Warn("refused", {{"peer", "d"}});
  EXPECT_THAT(lines.All().back(), testing::EndsWith("refused peer=d")) << "none was left out";
}

}  // namespace
}  // namespace belfry::observability
