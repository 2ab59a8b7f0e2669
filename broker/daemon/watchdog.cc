// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/watchdog.h"

namespace belfry::daemon {

bool Watchdog::AllTurned() {
  bool all = true;
  for (Watched& watched : watched_) {
    const uint64_t turns = watched.reactor->turns();
    if (watched.asked && turns == watched.turns) {
      // The question from the last check still waits; asking again would only make a heap of them.
      all = false;
      continue;
    }
    watched.turns = turns;
    watched.asked = true;
    watched.reactor->Post([] {});
  }
  return all;
}

}  // namespace belfry::daemon
