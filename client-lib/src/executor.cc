// SPDX-License-Identifier: Apache-2.0
#include "belfry/executor.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <thread>
#include <utility>
#include <vector>

#include "common/mutex.h"

namespace belfry {
namespace {

// The tasks and threads' common ground, kept by each thread so that the pool itself may be
// destroyed by one of its own tasks.
class TaskQueue {
 public:
  void Push(std::function<void()> task) {
    MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
    ready_.notify_one();
  }
  void Stop() {
    MutexLock lock(mutex_);
    stopped_ = true;
    ready_.notify_all();
  }
  // Until stopped and empty.
  void Run() {
    while (true) {
      std::function<void()> task;
      {
        MutexLock lock(mutex_);
        while (tasks_.empty() && !stopped_) ready_.wait(lock);
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

 private:
  Mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<std::function<void()>> tasks_ BELFRY_GUARDED_BY(mutex_);
  bool stopped_ BELFRY_GUARDED_BY(mutex_) = false;
};

class ThreadPool final : public Executor {
 public:
  explicit ThreadPool(int threads) {
    for (int i = 0; i < std::max(threads, 1); ++i) {
      threads_.emplace_back([queue = queue_] {
        pthread_setname_np(pthread_self(), "belfry-handler");
        queue->Run();
      });
    }
  }
  ~ThreadPool() override {
    queue_->Stop();
    for (std::thread& thread : threads_) {
      // The last owner may let go inside a task: that thread ends by itself.
      if (thread.get_id() == std::this_thread::get_id()) {
        thread.detach();
      } else {
        thread.join();
      }
    }
  }
  void Post(std::function<void()> task) override { queue_->Push(std::move(task)); }

 private:
  const std::shared_ptr<TaskQueue> queue_ = std::make_shared<TaskQueue>();
  std::vector<std::thread> threads_;
};

// A task posted by a task runs after it, not inside it, so that handlers never nest.
class InlineExecutor final : public Executor {
 public:
  void Post(std::function<void()> task) override {
    thread_local std::deque<std::function<void()>>* waiting = nullptr;
    if (waiting != nullptr) {
      waiting->push_back(std::move(task));
      return;
    }
    std::deque<std::function<void()>> posted;
    waiting = &posted;
    task();
    task = nullptr;
    while (!posted.empty()) {
      std::function<void()> next = std::move(posted.front());
      posted.pop_front();
      next();
    }
    waiting = nullptr;
  }
};

}  // namespace

Executor::~Executor() = default;

std::shared_ptr<Executor> MakeThreadPool(int threads) {
  return std::make_shared<ThreadPool>(threads);
}

std::shared_ptr<Executor> MakeInlineExecutor() { return std::make_shared<InlineExecutor>(); }

}  // namespace belfry
