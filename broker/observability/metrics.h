// SPDX-License-Identifier: Apache-2.0
//
// The /metrics page. A metric is a callback that reads a number somebody keeps anyway, called when
// the page is rendered: nothing on the hot path knows Prometheus. Labels are fixed when a metric is
// added, so the number of series is bounded by the code that adds them, never by what clients send.
//
// Names are belfry_<folder>_<noun>_<unit> with base units (seconds, bytes); counters end in _total,
// gauges do not. Lifecycle: metrics are added while the broker is put together, before the page is
// first served; whatever a callback reads outlives the page. Threads: Add* is Confined to the
// thread that builds the broker; afterwards Render is Thread-safe as far as the callbacks are. How
// it fails: a name against these rules, or added twice with the same labels, is a bug (CHECK).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::observability {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;
using MetricReader = std::function<double()>;

class MetricsPage {
 public:
  // Several metrics of one name differ in their labels and have the same help.
  void AddCounter(std::string_view name, std::string_view help, MetricReader read,
                  MetricLabels labels = {});
  void AddGauge(std::string_view name, std::string_view help, MetricReader read,
                MetricLabels labels = {});

  // In Prometheus' text format 0.0.4, in the order of adding.
  std::string Render() const;

 private:
  enum class Kind { kCounter, kGauge };
  struct Series {
    MetricLabels labels;
    MetricReader read;
  };
  struct Family {
    std::string name;
    std::string help;
    Kind kind;
    std::vector<Series> series;
  };

  void Add(Kind kind, std::string_view name, std::string_view help, MetricReader read,
           MetricLabels labels);

  std::vector<Family> families_;
};

}  // namespace belfry::observability
