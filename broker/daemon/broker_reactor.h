// SPDX-License-Identifier: Apache-2.0
//
// One reactor with the core that lives on it: its broker, the inbox that other reactors fill, the
// end of its turns and its once-a-second tick.
//
// Lifecycle: construct all, Connect each to the others, Start; Stop all before any is destroyed.
// Threads: broker() is Confined to the reactor, but for its counters.
#pragma once

#include <memory>
#include <vector>

#include "broker/core/broker.h"
#include "broker/daemon/reactor_destination.h"
#include "broker/reactor/reactor.h"
#include "broker/reactor/timer.h"
#include "broker/reactor/turn_end.h"

namespace belfry::daemon {

class BrokerReactor final : private reactor::TurnEnd {
 public:
  BrokerReactor(int index, core::Node& node, const Clock& clock, const core::BrokerLimits& limits,
                const core::LaneBounds& lane_bounds);
  ~BrokerReactor();

  // Records that match on the other reactor go there.
  void Connect(BrokerReactor& other);
  void Start();
  void Stop() { reactor_.Stop(); }

  reactor::Reactor& reactor() { return reactor_; }
  core::Broker& broker() { return broker_; }
  const core::Broker& broker() const { return broker_; }

 private:
  void OnTurnEnd() override { broker_.EndTurn(); }

  reactor::Reactor reactor_;
  core::Broker broker_;
  RecordInbox inbox_;
  std::vector<std::unique_ptr<ReactorDestination>> destinations_;
  reactor::Timer tick_;
};

}  // namespace belfry::daemon
