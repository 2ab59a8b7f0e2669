// SPDX-License-Identifier: Apache-2.0
//
// Whether every reactor still turns. Each check asks all of them for a turn, and the next check
// sees whether they took one; only then is systemd's watchdog fed (design.md §13).
//
// Threads: Confined to the main thread. Ownership: points at the reactors, which outlive it.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/reactor/reactor.h"

namespace belfry::daemon {

class Watchdog {
 public:
  void Watch(reactor::Reactor& reactor) { watched_.push_back({&reactor, 0, false}); }

  // True if each reactor has completed a turn since the check before; the first check is always
  // true.
  bool AllTurned();

 private:
  struct Watched {
    reactor::Reactor* reactor;
    uint64_t turns;
    bool asked;
  };
  std::vector<Watched> watched_;
};

}  // namespace belfry::daemon
