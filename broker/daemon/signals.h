// SPDX-License-Identifier: Apache-2.0
//
// Signals as events of the main thread: they are blocked in every thread and waited for here, so
// that no code ever runs inside a signal handler. SIGPIPE is ignored: a broken connection is an
// error of a write.
//
// Lifecycle: Block() before the first thread starts. Threads: Wait is Confined to the main thread.
#pragma once

#include <optional>

#include "common/clock.h"

namespace belfry::daemon {

class Signals {
 public:
  enum class Event { kStop, kReload };

  static void Block();
  // The next event, or none within the time.
  static std::optional<Event> Wait(Duration at_most);
};

}  // namespace belfry::daemon
