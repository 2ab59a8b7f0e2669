// SPDX-License-Identifier: Apache-2.0
#include "broker/daemon/signals.h"

#include <signal.h>

#include <ctime>

#include "common/check.h"

namespace belfry::daemon {
namespace {

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void Signals::Block() {
  const sigset_t set = Watched();
  BELFRY_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  signal(SIGPIPE, SIG_IGN);
}

std::optional<Signals::Event> Signals::Wait(Duration at_most) {
  const sigset_t set = Watched();
  timespec timeout;
  timeout.tv_sec = at_most.count() / 1'000'000'000;
  timeout.tv_nsec = at_most.count() % 1'000'000'000;
  const int signal = sigtimedwait(&set, nullptr, &timeout);
  if (signal < 0) return std::nullopt;
  return signal == SIGHUP ? Event::kReload : Event::kStop;
}

}  // namespace belfry::daemon
