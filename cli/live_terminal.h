// SPDX-License-Identifier: Apache-2.0
//
// A terminal as a screen of our own: its second page, without cursor, and keys that come at once
// and unseen. What was on it before is back afterwards, whatever ends the process but SIGKILL.
//
// Lifecycle: Enter and Leave, as often as needed; the destructor leaves. At most one at a time.
// Threads: Confined to the main thread. Fails: with false if the terminal is gone, or if it stands
// still and a signal asks to end.
#pragma once

#include <string>
#include <vector>

#include "cli/patient_output.h"
#include "cli/top_view.h"

namespace belfry::cli {

class LiveTerminal {
 public:
  // `input` need not be a terminal: there are no keys then.
  LiveTerminal(int input, int output, Interrupt& interrupt);
  ~LiveTerminal();
  LiveTerminal(const LiveTerminal&) = delete;
  LiveTerminal& operator=(const LiveTerminal&) = delete;

  bool has_keys() const { return has_keys_; }
  ScreenSize size() const;
  // Otherwise whoever tries to Enter is stopped, and stopped again by whatever continues it.
  bool InForeground() const;
  bool Enter();
  void Leave();
  bool Draw(const std::vector<std::string>& lines);
  // Appends what was typed. False: no more will come.
  bool ReadKeys(std::string& keys);

 private:
  const int input_;
  const int output_;
  PatientOutput writer_;
  bool has_keys_;
  bool entered_ = false;
};

}  // namespace belfry::cli
