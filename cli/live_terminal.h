// SPDX-License-Identifier: Apache-2.0
//
// A terminal as a screen of our own: its second page, without cursor, and keys that come at once
// and unseen. What was on it before is back afterwards, whatever ends the process but SIGKILL.
//
// Lifecycle: Enter and Leave, as often as needed; the destructor leaves. At most one at a time.
// Threads: Confined to the main thread. Fails: with false if the terminal is gone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/top_view.h"

namespace belfry::cli {

class LiveTerminal {
 public:
  // `input` need not be a terminal: there are no keys then.
  LiveTerminal(int input, int output);
  ~LiveTerminal();
  LiveTerminal(const LiveTerminal&) = delete;
  LiveTerminal& operator=(const LiveTerminal&) = delete;

  bool has_keys() const { return has_keys_; }
  ScreenSize size() const;
  bool Enter();
  void Leave();
  bool Draw(const std::vector<std::string>& lines);
  // Appends what was typed. False: no more will come.
  bool ReadKeys(std::string& keys);

 private:
  bool Write(std::string_view bytes);

  const int input_;
  const int output_;
  bool has_keys_;
  bool entered_ = false;
};

}  // namespace belfry::cli
