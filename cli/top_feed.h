// SPDX-License-Identifier: Apache-2.0
//
// Looks at a node again and again, on a thread of its own, so that keys are answered while a
// question waits for its answer.
//
// Lifecycle: Start begins the first look, the destructor ends all at once.
// Threads: Latest is Thread-safe; the rest is Confined to its owner. `on_look` runs on the feed's
// thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "cli/admin.h"
#include "cli/node_change.h"
#include "cli/top_view.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "common/status.h"

namespace belfry::cli {

class TopFeed {
 public:
  struct Seen {
    // Of the latest look; if it failed, `view` has its time and its problem, and is for the rest of
    // the last one that did not fail.
    Status status;
    TopView view;
  };

  TopFeed(std::unique_ptr<Admin> admin, Duration interval);
  ~TopFeed();

  // The first look has that much patience, the others little.
  void Start(Duration first_patience, std::function<void()> on_look);
  Seen Latest() const;

 private:
  void Run(Duration first_patience);
  // Until the next look is due; false: the end.
  bool Rest(Instant due);
  // Changes the view as a whole, or, if it fails, only its time.
  Status Look(Duration patience, TopView& view);
  Status ReadLists(Duration patience, TopView& view);

  const std::unique_ptr<Admin> admin_;
  const Duration interval_;
  const SystemClock clock_;
  std::function<void()> on_look_;
  // Of the thread that looks.
  TopView view_;
  std::optional<NodeLook> last_;
  std::optional<Instant> lists_read_;
  Instant lists_due_;
  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  Seen latest_ BELFRY_GUARDED_BY(mutex_);
  bool stopped_ BELFRY_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace belfry::cli
