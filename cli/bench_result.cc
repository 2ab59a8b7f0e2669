// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_result.h"

#include <fmt/format.h>

#include "cli/json_writer.h"

namespace belfry::cli {
namespace {

double Micros(uint64_t nanos) { return static_cast<double>(nanos) / 1e3; }

double PerSecond(uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::string PerDelivery(double cpu_s, uint64_t delivered) {
  if (delivered == 0) return "";
  return fmt::format(" ({:.3f} us a delivery)", cpu_s * 1e6 / static_cast<double>(delivered));
}

}  // namespace

std::string BenchJson(const BenchResult& result) {
  JsonObject json;
  json.Decimal("deliveries_per_s", PerSecond(result.delivered, result.seconds), 1)
      .Decimal("publishes_per_s", PerSecond(result.published, result.publish_seconds), 1);
  for (const auto& [name, fraction] :
       {std::pair{"p50_us", 0.5}, std::pair{"p99_us", 0.99}, std::pair{"p999_us", 0.999}}) {
    if (result.delays.Count() == 0) {
      json.Null(name);
    } else {
      json.Decimal(name, Micros(result.delays.Percentile(fraction)), 1);
    }
  }
  if (result.delays.Count() == 0) {
    json.Null("max_us");
  } else {
    json.Decimal("max_us", Micros(result.delays.Max()), 1);
  }
  json.Number("expected", result.expected)
      .Number("delivered", result.delivered)
      .Number("gaps", result.gaps)
      .Decimal("client_cpu_s", result.client_cpu_s, 3);
  if (result.broker_cpu_s) {
    json.Decimal("broker_cpu_s", *result.broker_cpu_s, 3);
  } else {
    json.Null("broker_cpu_s");
  }
  json.Decimal("seconds", result.seconds, 3)
      .Number("published", result.published)
      .Number("failed", result.failed)
      .Number("unknown", result.unknown);
  return json.Line();
}

std::string BenchText(const BenchCommand& command, const BenchResult& result) {
  std::string text =
      fmt::format("{} publishers, {} subscribers, {} topics, {} bytes, {}\n", command.publishers,
                  command.subscribers, command.topics, command.payload_bytes,
                  command.rate ? fmt::format("{} messages/s", *command.rate)
                  : command.kind == BenchCommand::Kind::kLatency ? "one message at a time"
                                                                 : "as fast as it goes");
  text += fmt::format("published   {} in {:.2f} s: {:.0f}/s\n", result.published,
                      result.publish_seconds, PerSecond(result.published, result.publish_seconds));
  if (result.failed + result.unknown > 0) {
    text += fmt::format("not certain {} failed, {} unknown\n", result.failed, result.unknown);
  }
  text += fmt::format("delivered   {} of {} in {:.2f} s: {:.0f}/s, {} gaps\n", result.delivered,
                      result.expected, result.seconds, PerSecond(result.delivered, result.seconds),
                      result.gaps);
  text += fmt::format("delay       p50 {:.1f} us, p99 {:.1f} us, p99.9 {:.1f} us, max {:.1f} us\n",
                      Micros(result.delays.Percentile(0.5)), Micros(result.delays.Percentile(0.99)),
                      Micros(result.delays.Percentile(0.999)), Micros(result.delays.Max()));
  text += fmt::format("client CPU  {:.2f} s{}\n", result.client_cpu_s,
                      PerDelivery(result.client_cpu_s, result.delivered));
  text += result.broker_cpu_s ? fmt::format("broker CPU  {:.2f} s{}\n", *result.broker_cpu_s,
                                            PerDelivery(*result.broker_cpu_s, result.delivered))
                              : "broker CPU  not known\n";
  return text;
}

}  // namespace belfry::cli
