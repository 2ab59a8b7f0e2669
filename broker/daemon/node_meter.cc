// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/node_meter.h"

namespace belfry::daemon {

using core::BrokerCounters;

uint64_t NodeMeter::Sum(core::Counter BrokerCounters::*counter) const {
  uint64_t sum = 0;
  for (const BrokerReactor* reactor : reactors_)
    sum += (reactor->broker().counters().*counter).value();
  return sum;
}

void NodeMeter::Observe() {
  MutexLock lock(mutex_);
  messages_in_.Observe(Sum(&BrokerCounters::messages_in));
  deliveries_out_.Observe(Sum(&BrokerCounters::deliveries_out));
}

double NodeMeter::messages_in_per_s() const {
  MutexLock lock(mutex_);
  return messages_in_.PerSecond(Sum(&BrokerCounters::messages_in));
}

double NodeMeter::deliveries_out_per_s() const {
  MutexLock lock(mutex_);
  return deliveries_out_.PerSecond(Sum(&BrokerCounters::deliveries_out));
}

}  // namespace belfry::daemon
