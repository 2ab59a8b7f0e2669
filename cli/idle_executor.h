// SPDX-License-Identifier: Apache-2.0
//
// Runs the handlers of a client on one thread of its own, and says when nothing waits any more:
// the moment to flush what was printed. While tasks follow each other, nothing is flushed for each.
//
// Lifecycle: Stop it after its clients, and before what its tasks and on_idle use goes: a task that
// has just ended may hold the executor a little longer than they did. Destroying it stops it, too,
// but on its own thread (the last owner may let go inside a task) without waiting for the end.
// Threads: Post is Thread-safe; on_idle runs on the thread that runs the tasks; the rest is
// Confined to its owner.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "belfry/executor.h"

namespace belfry::cli {

class IdleExecutor final : public Executor {
 public:
  explicit IdleExecutor(std::function<void()> on_idle);
  ~IdleExecutor() override;
  // What is posted after Stop is dropped.
  void Post(std::function<void()> task) override;
  // Runs what was posted, then on_idle once more. Afterwards its thread is gone, unless that is the
  // one that asks.
  void Stop();

 private:
  // Shared with the thread, which may outlive the executor.
  class Work;

  const std::shared_ptr<Work> work_;
  std::thread thread_;
};

}  // namespace belfry::cli
