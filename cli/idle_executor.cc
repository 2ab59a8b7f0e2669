// SPDX-License-Identifier: Apache-2.0
#include "cli/idle_executor.h"

#include <utility>

namespace belfry::cli {

IdleExecutor::IdleExecutor(std::function<void()> on_idle)
    : on_idle_(std::move(on_idle)), thread_([this] { Run(); }) {}

IdleExecutor::~IdleExecutor() {
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void IdleExecutor::Post(std::function<void()> task) {
  const MutexLock lock(mutex_);
  tasks_.push_back(std::move(task));
  changed_.notify_one();
}

void IdleExecutor::Run() {
  bool busy = true;
  while (true) {
    std::function<void()> task;
    bool stopped = false;
    {
      MutexLock lock(mutex_);
      while (tasks_.empty() && !busy && !stopped_) changed_.wait(lock);
      if (!tasks_.empty()) {
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      stopped = stopped_;
    }
    if (task) {
      task();
      busy = true;
      continue;
    }
    if (busy) on_idle_();
    busy = false;
    if (stopped) return;
  }
}

}  // namespace belfry::cli
