// SPDX-License-Identifier: Apache-2.0
//
// An executor whose tasks run when the test says so.
//
// Threads: Confined to the test.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "belfry/executor.h"

namespace belfry::client {

class HeldExecutor final : public Executor {
 public:
  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  bool empty() const { return tasks_.empty(); }
  void RunOne() {
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
  void RunAll() {
    while (!tasks_.empty()) RunOne();
  }
  void DropAll() { std::exchange(tasks_, {}); }

 private:
  std::deque<std::function<void()>> tasks_;
};

// Declared before the client: what is left when it has gone would keep its inside alive.
struct HeldTasks {
  ~HeldTasks() { executor->DropAll(); }
  HeldExecutor* operator->() const { return executor.get(); }

  const std::shared_ptr<HeldExecutor> executor = std::make_shared<HeldExecutor>();
};

}  // namespace belfry::client
