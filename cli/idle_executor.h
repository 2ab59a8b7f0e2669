// SPDX-License-Identifier: Apache-2.0
//
// Runs the handlers of a client on one thread of its own, and says when nothing waits any more:
// the moment to flush what was printed. While tasks follow each other, nothing is flushed for each.
//
// Lifecycle: destroy it after its clients, and not in one of its tasks: it joins its thread, which
// runs what was posted and then on_idle once more.
// Threads: Post is Thread-safe; on_idle runs on the thread that runs the tasks.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <thread>

#include "belfry/executor.h"
#include "common/mutex.h"

namespace belfry::cli {

class IdleExecutor final : public Executor {
 public:
  explicit IdleExecutor(std::function<void()> on_idle);
  ~IdleExecutor() override;
  void Post(std::function<void()> task) override;

 private:
  void Run();

  const std::function<void()> on_idle_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> tasks_ BELFRY_GUARDED_BY(mutex_);
  bool stopped_ BELFRY_GUARDED_BY(mutex_) = false;
  // Last: it uses the above.
  std::thread thread_;
};

}  // namespace belfry::cli
