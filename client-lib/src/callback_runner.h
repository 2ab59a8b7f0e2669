// SPDX-License-Identifier: Apache-2.0
//
// The one door through which the application's code is called: posts tasks to the executor, counts
// those that are posted or running, and knows whether the calling thread is inside one.
//
// Lifecycle: shared by everything of one client that calls back; outlives the Client if tasks are
// left.
// Threads: Thread-safe. A task that the executor destroys unrun counts as done.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>

#include "belfry/executor.h"
#include "common/mutex.h"

namespace belfry::client {

class CallbackRunner : public std::enable_shared_from_this<CallbackRunner> {
 public:
  explicit CallbackRunner(std::shared_ptr<Executor> executor);

  void Post(std::function<void()> task);

  // Whether this thread runs one of our tasks, so that waiting for them would wait for itself.
  bool Inside() const;
  // Whether this thread runs a task of any client on our executor, which may have no other thread
  // to run ours.
  bool InsideExecutor() const;
  // Until none is posted or running. Not from inside the executor.
  void WaitUntilIdle();

 private:
  class Count;

  const std::shared_ptr<Executor> executor_;
  Mutex mutex_;
  std::condition_variable_any idle_;
  size_t outstanding_ BELFRY_GUARDED_BY(mutex_) = 0;
};

}  // namespace belfry::client
