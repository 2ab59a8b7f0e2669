// SPDX-License-Identifier: Apache-2.0
#include "cli/idle_executor.h"

#include <condition_variable>
#include <deque>
#include <utility>

#include "common/mutex.h"

namespace belfry::cli {

class IdleExecutor::Work {
 public:
  explicit Work(std::function<void()> on_idle) : on_idle_(std::move(on_idle)) {}

  void Push(std::function<void()> task) {
    const MutexLock lock(mutex_);
    // Else a task that holds its executor would hold it for ever. It goes when the lock is gone.
    if (ended_) return;
    tasks_.push_back(std::move(task));
    changed_.notify_one();
  }

  void Stop() {
    const MutexLock lock(mutex_);
    stopped_ = true;
    changed_.notify_one();
  }

  // Until stopped and empty.
  void Run() {
    bool busy = true;
    while (true) {
      std::function<void()> task;
      {
        MutexLock lock(mutex_);
        while (tasks_.empty() && !busy && !stopped_) changed_.wait(lock);
        if (!tasks_.empty()) {
          task = std::move(tasks_.front());
          tasks_.pop_front();
        } else if (!busy) {
          ended_ = true;
          return;
        }
      }
      if (task) {
        task();
      } else {
        on_idle_();
      }
      busy = task != nullptr;
    }
  }

 private:
  const std::function<void()> on_idle_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> tasks_ BELFRY_GUARDED_BY(mutex_);
  bool stopped_ BELFRY_GUARDED_BY(mutex_) = false;
  bool ended_ BELFRY_GUARDED_BY(mutex_) = false;
};

IdleExecutor::IdleExecutor(std::function<void()> on_idle)
    : work_(std::make_shared<Work>(std::move(on_idle))), thread_([work = work_] { work->Run(); }) {}

IdleExecutor::~IdleExecutor() {
  Stop();
  if (thread_.joinable()) thread_.detach();
}

void IdleExecutor::Post(std::function<void()> task) { work_->Push(std::move(task)); }

void IdleExecutor::Stop() {
  work_->Stop();
  if (thread_.joinable() && thread_.get_id() != std::this_thread::get_id()) thread_.join();
}

}  // namespace belfry::cli
