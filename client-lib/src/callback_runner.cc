// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/callback_runner.h"

#include <utility>

namespace belfry::client {
namespace {

// The tasks that this thread is inside of, innermost first: with an executor that runs tasks in
// place, one client's task may run inside another's.
struct Frame {
  const CallbackRunner* runner;
  const Frame* outer;
};
thread_local const Frame* innermost = nullptr;

class Scope {
 public:
  explicit Scope(const CallbackRunner* runner) : frame_{runner, innermost} { innermost = &frame_; }
  ~Scope() { innermost = frame_.outer; }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  const Frame frame_;
};

}  // namespace

// Lives as long as any copy of a task.
class CallbackRunner::Count {
 public:
  explicit Count(std::shared_ptr<CallbackRunner> runner) : runner_(std::move(runner)) {
    MutexLock lock(runner_->mutex_);
    ++runner_->outstanding_;
  }
  ~Count() {
    MutexLock lock(runner_->mutex_);
    if (--runner_->outstanding_ == 0) runner_->idle_.notify_all();
  }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;

  const CallbackRunner* runner() const { return runner_.get(); }

 private:
  const std::shared_ptr<CallbackRunner> runner_;
};

CallbackRunner::CallbackRunner(std::shared_ptr<Executor> executor)
    : executor_(std::move(executor)) {}

void CallbackRunner::Post(std::function<void()> task) {
  auto count = std::make_shared<Count>(shared_from_this());
  executor_->Post([count = std::move(count), task = std::move(task)]() mutable {
    {
      Scope scope(count->runner());
      task();
      // What the task holds may end with it, and is then still inside.
      task = nullptr;
    }
    count.reset();
  });
}

bool CallbackRunner::Inside() const {
  for (const Frame* frame = innermost; frame != nullptr; frame = frame->outer) {
    if (frame->runner == this) return true;
  }
  return false;
}

bool CallbackRunner::InsideExecutor() const {
  for (const Frame* frame = innermost; frame != nullptr; frame = frame->outer) {
    if (frame->runner->executor_ == executor_) return true;
  }
  return false;
}

void CallbackRunner::WaitUntilIdle() {
  MutexLock lock(mutex_);
  while (outstanding_ > 0) idle_.wait(lock);
}

}  // namespace belfry::client
