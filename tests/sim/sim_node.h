// SPDX-License-Identifier: Apache-2.0
//
// One node without threads: its brokers, a bounded inbox for each, the control lanes between them
// and a clock that moves only when told. It behaves as the daemon's reactors do: an inbox is
// drained whole, who waits for room is called back at home, control functions of one reactor for
// another run in order, those of several in any.
//
// Threads: Confined to the simulation of its seed. Ownership: owns all; sessions go before it.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "broker/core/broker.h"
#include "common/clock.h"
#include "tests/sim/coverage.h"
#include "tests/sim/prng.h"
#include "tests/sim/swarm.h"

namespace belfry::sim {

class SimNode {
 public:
  using Reactor = core::DestinationId;
  using OnArrival = std::function<void(Reactor from, Reactor to, const core::RoutedRecord& routed)>;

  SimNode(const Swarm& swarm, Coverage& coverage);
  ~SimNode();

  size_t reactors() const { return brokers_.size(); }
  core::Broker& broker(size_t reactor) { return *brokers_[reactor]; }

  // Parts of a turn of one reactor; the caller ends it with broker().EndTurn.
  void RunTasks(Reactor reactor, Prng* prng);
  void DrainInbox(Reactor reactor, const OnArrival& arrive);
  // On behalf of this reactor, for what it says to others.
  void set_current(Reactor reactor) { current_ = reactor; }

  // Nothing is between reactors, but what an outbox may still hold.
  bool quiet() const;

  ManualClock clock;
  core::Node node;

 private:
  class Link;
  struct Inbox {
    struct Entry {
      Reactor from = 0;
      core::RoutedRecord routed;
    };
    std::deque<Entry> entries;
    std::vector<std::function<void()>> waiting;
  };
  using Task = std::function<void(core::Broker&)>;

  const size_t inbox_capacity_;
  Coverage& coverage_;
  Reactor current_ = 0;
  std::vector<Inbox> inboxes_;
  // By target, then by source.
  std::vector<std::vector<std::deque<Task>>> control_;
  // Call backs to the producer that waits for room.
  std::vector<std::vector<std::function<void()>>> posted_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<std::unique_ptr<core::Broker>> brokers_;
};

}  // namespace belfry::sim
