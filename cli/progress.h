// SPDX-License-Identifier: Apache-2.0
//
// Tells how far long work has come, on one line of standard error that is written over and is gone
// at the end. Only where somebody watches; work that is soon done shows nothing.
//
// Threads: Confined to its owner. Cost: a look at the clock for each Show, and text only when it is
// due.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "common/clock.h"

namespace belfry::cli {

class Progress {
 public:
  using Write = std::function<void(std::string_view bytes)>;

  static constexpr Duration kFirst = std::chrono::milliseconds(500);
  static constexpr Duration kNext = std::chrono::milliseconds(200);

  // Null `write`: shows nothing.
  Progress(const Clock& clock, Write write);
  ~Progress() { Clear(); }
  // On standard error, if that is a terminal and no JSON is wanted.
  static Write ForPeople(const GlobalOptions& global);

  bool shown() const { return write_ != nullptr; }
  // `text` is called when it is time to show it.
  void Show(const std::function<std::string()>& text);
  // Before anything else is printed.
  void Clear();

 private:
  const Clock& clock_;
  const Write write_;
  Instant due_;
  bool on_screen_ = false;
};

// "published 12,345 of 1,000,000 (4,000/s)"; without `total` it is not known.
std::string ProgressText(std::string_view done, uint64_t count, uint64_t total, Duration since);

}  // namespace belfry::cli
