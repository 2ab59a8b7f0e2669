// SPDX-License-Identifier: Apache-2.0
#include "bench/load/result.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace belfry::bench {
namespace {

TEST(Result, Json) {
  Result result;
  for (int i = 0; i < 100; ++i) result.delays.Record(50'000);
  result.delays.Record(900'000);
  result.published = 1000;
  result.publish_seconds = 2;
  result.seconds = 2.5;
  result.expected = 10'000;
  result.delivered = 9'990;
  result.arrived = 9'995;
  result.gaps = 1;
  result.client_cpu_s = 1.25;
  const std::string json = ResultJson(result);
  EXPECT_EQ(json.substr(0, json.find(",\"p50_us\"")),
            R"({"deliveries_per_s":3998.0,"publishes_per_s":500.0)");
  EXPECT_NE(json.find(R"("max_us":900.0,"expected":10000,"delivered":9990,"gaps":1,)"
                      R"("client_cpu_s":1.250,"broker_cpu_s":null,"seconds":2.500)"),
            std::string::npos)
      << json;
}

TEST(Result, NothingDeliveredHasNoPercentiles) {
  const std::string json = ResultJson(Result());
  EXPECT_NE(json.find(R"("p50_us":null,"p99_us":null,"p999_us":null,"max_us":null)"),
            std::string::npos)
      << json;
  EXPECT_NE(json.find(R"("deliveries_per_s":0.0)"), std::string::npos) << json;
}

TEST(Result, TextShowsCpuForEachDelivery) {
  Result result;
  result.delays.Record(1000);
  result.arrived = 1'000'000;
  result.broker_cpu_s = 0.5;
  EXPECT_NE(ResultText(Load(), result).find("broker CPU  0.50 s (0.500 us a delivery)"),
            std::string::npos);
}

TEST(Result, HowLateThePublisherWasIsToldWithARateOnly) {
  Result result;
  EXPECT_NE(ResultJson(result).find(R"("late_max_us":null)"), std::string::npos);
  EXPECT_EQ(ResultText(Load(), result).find("later than due"), std::string::npos);
  result.late_max = std::chrono::milliseconds(20);
  EXPECT_NE(ResultJson(result).find(R"("late_max_us":20000.0)"), std::string::npos);
  EXPECT_NE(ResultText(Load(), result).find("at most 20000.0 us later than due"),
            std::string::npos);
}

TEST(Result, StallsAreShownIfThereWereAny) {
  Result result;
  EXPECT_NE(ResultJson(result).find(R"("stalls":0)"), std::string::npos);
  EXPECT_EQ(ResultText(Load(), result).find("stalls"), std::string::npos);
  result.stalls = 2;
  EXPECT_NE(ResultJson(result).find(R"("stalls":2)"), std::string::npos);
  EXPECT_NE(ResultText(Load(), result).find("stalls      2 times"), std::string::npos);
}

}  // namespace
}  // namespace belfry::bench
