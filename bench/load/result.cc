// SPDX-License-Identifier: Apache-2.0
#include "bench/load/result.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>

namespace belfry::bench {
namespace {

double Micros(uint64_t nanos) { return static_cast<double>(nanos) / 1e3; }

double PerSecond(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::optional<double> LateMicros(const Result& result) {
  if (!result.late_max) return std::nullopt;
  return std::chrono::duration<double, std::micro>(*result.late_max).count();
}

std::string PerDelivery(double cpu_s, uint64_t deliveries) {
  if (deliveries == 0) return "";
  return fmt::format(" ({:.3f} us a delivery)", cpu_s * 1e6 / static_cast<double>(deliveries));
}

}  // namespace

std::string ResultJson(const Result& result) {
  std::string json = "{";
  // All values are numbers or null, so nothing needs escaping.
  const auto add = [&json](std::string_view name, std::string_view value) {
    json += fmt::format("{}\"{}\":{}", json.size() > 1 ? "," : "", name, value);
  };
  const auto count = [&add](std::string_view name, uint64_t value) {
    add(name, fmt::format("{}", value));
  };
  const auto decimal = [&add](std::string_view name, std::optional<double> value, int places) {
    add(name, value ? fmt::format("{:.{}f}", *value, places) : "null");
  };
  const auto delay = [&](std::string_view name, uint64_t nanos) {
    decimal(name, result.delays.Count() > 0 ? std::optional(Micros(nanos)) : std::nullopt, 1);
  };
  decimal("deliveries_per_s", PerSecond(result.arrived, result.seconds), 1);
  decimal("publishes_per_s", PerSecond(result.published, result.publish_seconds), 1);
  delay("p50_us", result.delays.Percentile(0.5));
  delay("p99_us", result.delays.Percentile(0.99));
  delay("p999_us", result.delays.Percentile(0.999));
  delay("max_us", result.delays.Max());
  count("expected", result.expected);
  count("delivered", result.delivered);
  count("gaps", result.gaps);
  decimal("client_cpu_s", result.client_cpu_s, 3);
  decimal("broker_cpu_s", result.broker_cpu_s, 3);
  decimal("seconds", result.seconds, 3);
  count("published", result.published);
  count("failed", result.failed);
  count("unknown", result.unknown);
  decimal("late_max_us", LateMicros(result), 1);
  count("stalls", result.stalls);
  return json + "}";
}

std::string ResultText(const Load& load, const Result& result) {
  std::string text = fmt::format("{} publishers, {} subscribers, {} topics, {} bytes, {}\n",
                                 load.publishers, load.subscribers, load.topics, load.payload_bytes,
                                 load.rate ? fmt::format("{} messages/s", *load.rate)
                                 : load.kind == Load::Kind::kLatency ? "one message at a time"
                                                                     : "as fast as it goes");
  text += fmt::format("published   {} in {:.2f} s: {:.0f}/s\n", result.published,
                      result.publish_seconds, PerSecond(result.published, result.publish_seconds));
  if (result.failed + result.unknown > 0) {
    text += fmt::format("not certain {} failed, {} unknown\n", result.failed, result.unknown);
  }
  text += fmt::format("delivered   {} of {}, {} gaps; {:.0f}/s for {:.2f} s\n", result.delivered,
                      result.expected, result.gaps, PerSecond(result.arrived, result.seconds),
                      result.seconds);
  text += fmt::format("delay       p50 {:.1f} us, p99 {:.1f} us, p99.9 {:.1f} us, max {:.1f} us\n",
                      Micros(result.delays.Percentile(0.5)), Micros(result.delays.Percentile(0.99)),
                      Micros(result.delays.Percentile(0.999)), Micros(result.delays.Max()));
  if (result.stalls > 0) {
    text +=
        fmt::format("stalls      {} times nothing came and publishing went on\n", result.stalls);
  }
  if (const auto late = LateMicros(result)) {
    text +=
        fmt::format("publisher   at most {:.1f} us later than due; delays count from due\n", *late);
  }
  text += fmt::format("client CPU  {:.2f} s{}\n", result.client_cpu_s,
                      PerDelivery(result.client_cpu_s, result.arrived));
  text += result.broker_cpu_s ? fmt::format("broker CPU  {:.2f} s{}\n", *result.broker_cpu_s,
                                            PerDelivery(*result.broker_cpu_s, result.arrived))
                              : "broker CPU  not known\n";
  return text;
}

}  // namespace belfry::bench
