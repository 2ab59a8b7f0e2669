// SPDX-License-Identifier: Apache-2.0
//
// Waits for Ctrl-C (or SIGTERM) and for what other threads have to say, in one place.
//
// Lifecycle: make it before any other thread starts: it blocks the two signals, and threads inherit
// that. Threads: Wake is Thread-safe; Wait is Confined to the main thread. Fails: without
// descriptors for it the process ends; nothing has begun then.
#pragma once

#include <optional>

#include "common/clock.h"

namespace belfry::cli {

class Interrupt {
 public:
  enum class Cause { kSignal, kWoken, kTimeout };

  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  void Wake();
  // Without patience: as long as it takes.
  Cause Wait(std::optional<Duration> patience);

 private:
  int signals_;
  int wakeups_;
};

}  // namespace belfry::cli
