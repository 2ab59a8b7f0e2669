// SPDX-License-Identifier: Apache-2.0
//
// A one-shot or periodic timer on a reactor, over asio::steady_timer. After Cancel(), a new Start
// or the destructor the old callback does not run any more, even if its time had already come.
//
// Threads: Confined to its reactor. Units: Duration of real monotonic time (an injected Clock does
// not move it). The callback may cancel, restart or destroy its timer. Fails: never.
#pragma once

#include <asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "broker/reactor/reactor.h"
#include "common/clock.h"

namespace belfry::reactor {

class Timer {
 public:
  Timer(Reactor& reactor, std::function<void()> callback);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void StartOnce(Duration after);
  // First after one period. A late reactor runs the callback once, not once per missed period.
  void StartPeriodic(Duration period);
  void Cancel();
  bool active() const { return active_; }

 private:
  // What a pending wait holds of its timer: outlives it, and says by `generation` whether it is
  // still meant.
  struct Link {
    Timer* timer;
    uint64_t generation = 0;
  };

  void Arm(Duration after);
  void Fire();

  asio::steady_timer timer_;
  std::shared_ptr<const std::function<void()>> callback_;
  std::shared_ptr<Link> link_;
  Duration period_{0};  // zero: one-shot
  bool active_ = false;
};

}  // namespace belfry::reactor
