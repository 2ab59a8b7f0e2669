// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

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

void Interrupt::NoteSignals() {
  signalfd_siginfo signal = {};
  while (read(signals_, &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGWINCH) {
      resized_ = true;
    } else if (signal.ssi_signo == SIGTSTP) {
      suspend_ = true;
    } else {
      ending_ = true;
    }
  }
}

std::optional<Interrupt::Cause> Interrupt::Noted() {
  if (ending_) return Cause::kSignal;
  if (std::exchange(suspend_, false)) return Cause::kSuspend;
  if (std::exchange(resized_, false)) return Cause::kResized;
  return std::nullopt;
}

bool Interrupt::Ending() {
  NoteSignals();
  return ending_;
}

bool Interrupt::AwaitRoom(int output) {
  while (!Ending()) {
    pollfd waiting[2] = {{signals_, POLLIN, 0}, {output, POLLOUT, 0}};
    if (poll(waiting, 2, -1) > 0 && waiting[0].revents == 0) return true;
  }
  return false;
}

Interrupt::Cause Interrupt::Wait(std::optional<Duration> patience) {
  if (const auto noted = Noted()) return *noted;
  // A negative descriptor is passed over.
  pollfd waiting[3] = {{signals_, POLLIN, 0}, {wakeups_, POLLIN, 0}, {input_, POLLIN, 0}};
  const int ready = poll(waiting, 3, patience ? PollMillis(*patience) : -1);
  if (ready <= 0) return Cause::kTimeout;
  if (waiting[0].revents != 0) {
    NoteSignals();
    return Noted().value_or(Cause::kTimeout);
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
