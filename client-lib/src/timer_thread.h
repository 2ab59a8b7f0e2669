// SPDX-License-Identifier: Apache-2.0
//
// One client's thread for everything that happens at a time: reconnects, heartbeats, deadlines. It
// runs a step, sleeps until the instant the step named or until woken, and runs it again.
//
// Lifecycle: Start once; the thread ends when the step names no instant. Join waits for that; the
// destructor does too, unless it runs on the thread itself.
// Threads: named "belfry-client". Wake is Thread-safe; Start and Join belong to the owner.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "common/clock.h"

namespace belfry::client {

class TimerThread {
 public:
  // Does what is due; returns when to come back (max(): only when woken), or nothing to end.
  using Step = std::function<std::optional<Instant>()>;

  TimerThread();
  ~TimerThread();

  void Start(Step step);
  // The step is run again soon.
  void Wake();
  void Join();

 private:
  struct Signal;

  const std::shared_ptr<Signal> signal_;
  std::thread thread_;
};

}  // namespace belfry::client
