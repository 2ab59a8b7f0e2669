// SPDX-License-Identifier: Apache-2.0
//
// Collects the lines of a Log in memory, for tests of whoever logs:
//
//   LogLines lines;
//   Log log(clock, LogLevel::kDebug, LogFormat::kText, lines.Writer());
//
// Lifecycle: outlives the Log that writes to it. Threads: Thread-safe.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "broker/observability/logging.h"
#include "common/mutex.h"

namespace belfry::observability {

class LogLines {
 public:
  Log::Writer Writer() {
    return [this](std::string_view line) {
      MutexLock lock(mutex_);
      lines_.emplace_back(line);
    };
  }
  std::vector<std::string> All() const {
    MutexLock lock(mutex_);
    return lines_;
  }
  // How many lines have `text` in them.
  size_t Count(std::string_view text) const {
    MutexLock lock(mutex_);
    return static_cast<size_t>(std::count_if(
        lines_.begin(), lines_.end(),
        [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::observability
