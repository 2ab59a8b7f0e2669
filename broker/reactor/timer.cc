// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/timer.h"

#include <utility>

namespace belfry::reactor {

Timer::Timer(Reactor& reactor, std::function<void()> callback)
    : timer_(reactor.io()),
      callback_(std::make_shared<const std::function<void()>>(std::move(callback))),
      link_(std::make_shared<Link>(Link{this})) {}

Timer::~Timer() {
  link_->timer = nullptr;
  Cancel();
}

void Timer::StartOnce(Duration after) {
  Cancel();
  period_ = Duration(0);
  Arm(after);
}

void Timer::StartPeriodic(Duration period) {
  Cancel();
  period_ = period;
  Arm(period);
}

void Timer::Cancel() {
  ++link_->generation;
  if (!std::exchange(active_, false)) return;
  timer_.cancel();
}

void Timer::Arm(Duration after) {
  active_ = true;
  timer_.expires_after(after);
  // A wait whose time has come cannot be cancelled any more: its handler is queued with success.
  // The generation tells it that it is not meant.
  timer_.async_wait([link = link_, generation = link_->generation](const asio::error_code& error) {
    if (error || link->timer == nullptr || link->generation != generation) return;
    link->timer->Fire();
  });
}

void Timer::Fire() {
  if (period_ > Duration(0)) {
    Arm(period_);
  } else {
    active_ = false;
  }
  // Held here, because the callback may destroy this timer.
  const std::shared_ptr<const std::function<void()>> callback = callback_;
  (*callback)();
}

}  // namespace belfry::reactor
