// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "common/check.h"

namespace belfry::cli {
namespace {

int PollMillis(Duration patience) {
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  return static_cast<int>(std::clamp<int64_t>(millis, 0, 1'000'000'000));
}

}  // namespace

Interrupt::Interrupt(bool terminal) {
  sigemptyset(&set_);
  for (const int number : {SIGINT, SIGTERM}) sigaddset(&set_, number);
  if (terminal) {
    for (const int number : {SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH}) sigaddset(&set_, number);
  }
  BELFRY_CHECK(pthread_sigmask(SIG_BLOCK, &set_, nullptr) == 0);
  signals_ = signalfd(-1, &set_, SFD_CLOEXEC | SFD_NONBLOCK);
  wakeups_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  BELFRY_CHECK(signals_ >= 0 && wakeups_ >= 0);
}

Interrupt::~Interrupt() {
  close(signals_);
  close(wakeups_);
}

void Interrupt::Wake() {
  const uint64_t one = 1;
  // It can only fail when 2^64 wake-ups wait, and then one is enough.
  [[maybe_unused]] const ssize_t written = write(wakeups_, &one, sizeof one);
}

Interrupt::Cause Interrupt::Wait(std::optional<Duration> patience) {
  // A negative descriptor is passed over.
  pollfd waiting[3] = {{signals_, POLLIN, 0}, {wakeups_, POLLIN, 0}, {input_, POLLIN, 0}};
  const int ready = poll(waiting, 3, patience ? PollMillis(*patience) : -1);
  if (ready <= 0) return Cause::kTimeout;
  if (waiting[0].revents != 0) {
    signalfd_siginfo signal = {};
    if (read(signals_, &signal, sizeof signal) != sizeof signal) return Cause::kTimeout;
    if (signal.ssi_signo == SIGWINCH) return Cause::kResized;
    return signal.ssi_signo == SIGTSTP ? Cause::kSuspend : Cause::kSignal;
  }
  if (waiting[1].revents != 0) {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = read(wakeups_, &count, sizeof count);
    return Cause::kWoken;
  }
  return Cause::kInput;
}

void Interrupt::LetSignalsEnd() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

}  // namespace belfry::cli
