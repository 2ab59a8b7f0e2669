// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>

#include "common/check.h"

namespace belfry::observability {
namespace {

bool EndsIn(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool IsWord(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

}  // namespace

void MetricsPage::AddCounter(std::string_view name, std::string_view help, MetricReader read,
                             MetricLabels labels) {
  BELFRY_CHECK(EndsIn(name, "_total"));
  Add(Kind::kCounter, name, help, std::move(read), std::move(labels));
}

void MetricsPage::AddGauge(std::string_view name, std::string_view help, MetricReader read,
                           MetricLabels labels) {
  BELFRY_CHECK(!EndsIn(name, "_total"));
  Add(Kind::kGauge, name, help, std::move(read), std::move(labels));
}

void MetricsPage::Add(Kind kind, std::string_view name, std::string_view help, MetricReader read,
                      MetricLabels labels) {
  BELFRY_CHECK(IsWord(name) && name.substr(0, 7) == "belfry_");
  BELFRY_CHECK(!help.empty());
  for (const auto& [label, value] : labels) BELFRY_CHECK(IsWord(label));

  auto family = std::find_if(families_.begin(), families_.end(),
                             [&](const Family& each) { return each.name == name; });
  if (family == families_.end()) {
    families_.push_back({std::string(name), std::string(help), kind, {}});
    family = std::prev(families_.end());
  }
  BELFRY_CHECK(family->kind == kind && family->help == help);
  for (const Series& series : family->series) BELFRY_CHECK(series.labels != labels);
  family->series.push_back({std::move(labels), std::move(read)});
}

std::string MetricsPage::Render() const {
  std::vector<prometheus::MetricFamily> page;
  page.reserve(families_.size());
  for (const Family& family : families_) {
    prometheus::MetricFamily& out = page.emplace_back();
    out.name = family.name;
    out.help = family.help;
    out.type = family.kind == Kind::kCounter ? prometheus::MetricType::Counter
                                             : prometheus::MetricType::Gauge;
    for (const Series& series : family.series) {
      prometheus::ClientMetric& metric = out.metric.emplace_back();
      for (const auto& [label, value] : series.labels) metric.label.push_back({label, value});
      (family.kind == Kind::kCounter ? metric.counter.value : metric.gauge.value) = series.read();
    }
  }
  return prometheus::TextSerializer().Serialize(page);
}

}  // namespace belfry::observability
