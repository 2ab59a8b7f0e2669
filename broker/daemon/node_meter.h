// SPDX-License-Identifier: Apache-2.0
//
// What the node's brokers have done, summed, and how fast lately: for Admin and the metrics page.
//
// Threads: Thread-safe. Observe is called about once a second by the main thread. Ownership: points
// at the reactors, which outlive it.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/core/counter.h"
#include "broker/daemon/broker_reactor.h"
#include "broker/observability/rate_meter.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace belfry::daemon {

class NodeMeter {
 public:
  explicit NodeMeter(const Clock& clock) : messages_in_(clock), deliveries_out_(clock) {}

  // Before the first call of another function.
  void Watch(const BrokerReactor& reactor) { reactors_.push_back(&reactor); }

  uint64_t Sum(core::Counter core::BrokerCounters::*counter) const;

  void Observe();
  double messages_in_per_s() const;
  double deliveries_out_per_s() const;

 private:
  std::vector<const BrokerReactor*> reactors_;
  mutable Mutex mutex_;
  observability::RateMeter messages_in_ BELFRY_GUARDED_BY(mutex_);
  observability::RateMeter deliveries_out_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::daemon
