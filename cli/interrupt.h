// SPDX-License-Identifier: Apache-2.0
//
// Waits for Ctrl-C (or SIGTERM), for what other threads have to say and, for a full-screen command,
// for what happens on its terminal, in one place.
//
// Lifecycle: make it before any other thread starts: it blocks the signals, and threads inherit
// that. Threads: Wake is Thread-safe; the rest is Confined to the main thread.
// Fails: without descriptors for it the process ends; nothing has begun then.
#pragma once

#include <signal.h>

#include <optional>

#include "common/clock.h"

namespace belfry::cli {

class Interrupt {
 public:
  enum class Cause {
    kSignal,
    kWoken,
    kTimeout,
    // Only if the terminal is watched:
    kResized,
    // Ctrl-Z: not stopped yet.
    kSuspend,
    // Only after WatchInput:
    kInput,
  };

  // `terminal`: also for a terminal's signals.
  explicit Interrupt(bool terminal = false);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // From now on also for what can be read there.
  void WatchInput(int input) { input_ = input; }
  // No more input is waited for.
  void IgnoreInput() { input_ = -1; }

  // Whether a signal asks to end; Wait says it, too, from then on.
  bool Ending();
  // Until the output takes more (or has failed): true. False as soon as it is Ending.
  bool AwaitRoom(int output);

  void Wake();
  // Without patience: as long as it takes.
  Cause Wait(std::optional<Duration> patience);

  // From now on a signal ends the process as usual.
  void LetSignalsEnd();

 private:
  // Takes what signals wait.
  void NoteSignals();
  std::optional<Cause> Noted();

  sigset_t set_;
  int signals_;
  int wakeups_;
  int input_ = -1;
  // What the signals said that were noted.
  bool ending_ = false;
  bool suspend_ = false;
  bool resized_ = false;
};

}  // namespace belfry::cli
