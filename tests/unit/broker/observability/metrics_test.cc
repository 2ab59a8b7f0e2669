// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace belfry::observability {
namespace {

TEST(MetricsPage, RendersPrometheusText) {
  double published = 41;
  MetricsPage page;
  page.AddCounter("belfry_core_publishes_total", "Messages taken in.", [&] { return published; });
  page.AddGauge("belfry_core_sessions", "Sessions connected.", [] { return 7; },
                {{"kind", "grpc"}});
  page.AddGauge("belfry_core_sessions", "Sessions connected.", [] { return 2; },
                {{"kind", "with \"quotes\" \\ and\nlines"}});
  published = 42;  // read when the page is rendered
  EXPECT_EQ(page.Render(),
            "# HELP belfry_core_publishes_total Messages taken in.\n"
            "# TYPE belfry_core_publishes_total counter\n"
            "belfry_core_publishes_total 42\n"
            "# HELP belfry_core_sessions Sessions connected.\n"
            "# TYPE belfry_core_sessions gauge\n"
            "belfry_core_sessions{kind=\"grpc\"} 7\n"
            "belfry_core_sessions{kind=\"with \\\"quotes\\\" \\\\ and\\nlines\"} 2\n");
}

TEST(MetricsPage, KeepsLargeNumbersExact) {
  MetricsPage page;
  page.AddCounter("belfry_core_bytes_total", "Bytes.", [] { return 9'007'199'254'740'991.0; });
  page.AddGauge("belfry_core_lag_seconds", "Lag.",
                [] { return std::numeric_limits<double>::quiet_NaN(); });
  const std::string text = page.Render();
  EXPECT_THAT(text, testing::HasSubstr("\nbelfry_core_bytes_total 9007199254740991\n"));
  EXPECT_THAT(text, testing::HasSubstr("\nbelfry_core_lag_seconds Nan\n"));
}

TEST(MetricsPage, IsEmptyWithoutMetrics) { EXPECT_EQ(MetricsPage().Render(), ""); }

TEST(MetricsPageDeathTest, RefusesNamesAgainstTheRules) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto read = [] { return 1.0; };
  MetricsPage page;
  EXPECT_DEATH(page.AddCounter("belfry_core_publishes", "Help.", read), "check failed");
  EXPECT_DEATH(page.AddGauge("belfry_core_publishes_total", "Help.", read), "check failed");
  EXPECT_DEATH(page.AddGauge("core_sessions", "Help.", read), "check failed");
  EXPECT_DEATH(page.AddGauge("belfry_core-sessions", "Help.", read), "check failed");
  EXPECT_DEATH(page.AddGauge("belfry_core_sessions", "", read), "check failed");
  EXPECT_DEATH(page.AddGauge("belfry_core_sessions", "Help.", read, {{"Bad", "x"}}),
               "check failed");
  page.AddGauge("belfry_core_sessions", "Help.", read, {{"kind", "grpc"}});
  EXPECT_DEATH(page.AddGauge("belfry_core_sessions", "Help.", read, {{"kind", "grpc"}}),
               "check failed");
  EXPECT_DEATH(page.AddGauge("belfry_core_sessions", "Other.", read), "check failed");
}

}  // namespace
}  // namespace belfry::observability
