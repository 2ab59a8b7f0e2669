// SPDX-License-Identifier: Apache-2.0
//
// A client of the library as the global options describe it, and what to say when it does not
// connect.
//
// Threads: LastReason is Thread-safe; it is shared with the client's callbacks.
#pragma once

#include <memory>
#include <string>

#include "belfry/client.h"
#include "cli/options.h"
#include "common/mutex.h"

namespace belfry::cli {

// Why the latest try to connect failed.
class LastReason {
 public:
  void Note(const StateChange& change);
  std::string Explain(const GlobalOptions& global) const;

 private:
  mutable Mutex mutex_;
  Error reason_ BELFRY_GUARDED_BY(mutex_);
};

ClientOptions OptionsFor(const GlobalOptions& global);

std::chrono::milliseconds Millis(Duration duration);

}  // namespace belfry::cli
