// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/broker_reactor.h"

namespace belfry::daemon {
namespace {

// Entries; a record is a reference, so a full inbox of small messages is a few megabytes, and at a
// million messages a second it is some 16 ms of work.
constexpr size_t kInboxCapacity = 16 << 10;
constexpr Duration kTickPeriod = std::chrono::seconds(1);

}  // namespace

BrokerReactor::BrokerReactor(int index, core::Node& node, const Clock& clock,
                             const core::BrokerLimits& limits, const core::LaneBounds& lane_bounds)
    : reactor_(index, clock),
      broker_(static_cast<core::DestinationId>(index), node, clock, limits, lane_bounds),
      inbox_(reactor_, kInboxCapacity,
             [this](core::RoutedRecord&& routed) { broker_.Receive(routed); }),
      tick_(reactor_, [this] { broker_.Tick(); }) {
  reactor_.AddProducer(this);
}

BrokerReactor::~BrokerReactor() { reactor_.RemoveProducer(this); }

void BrokerReactor::Connect(BrokerReactor& other) {
  destinations_.push_back(std::make_unique<ReactorDestination>(reactor_, other.inbox_));
  broker_.Connect(static_cast<core::DestinationId>(other.reactor_.index()), *destinations_.back());
}

void BrokerReactor::Start() {
  tick_.StartPeriodic(kTickPeriod);
  reactor_.Start();
}

}  // namespace belfry::daemon
