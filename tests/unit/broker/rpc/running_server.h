// SPDX-License-Identifier: Apache-2.0
//
// A server on loopback with its reactors running, for one test.
//
// Lifecycle: fill `table` and `options`, Start(), destroy. Threads: its own, and the reactors'.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <vector>

#include "broker/reactor/reactor.h"
#include "broker/rpc/server.h"
#include "broker/rpc/service_table.h"
#include "common/clock.h"

namespace belfry::test {

class RunningServer {
 public:
  explicit RunningServer(int reactors = 1) {
    options.address = "127.0.0.1:0";
    options.limits.linger = std::chrono::milliseconds(50);
    for (int i = 0; i < reactors; ++i)
      reactors_.push_back(std::make_unique<reactor::Reactor>(i, clock_));
  }
  ~RunningServer() {
    if (server_ != nullptr) server_->Stop();
    for (const auto& reactor : reactors_) reactor->Stop();
    server_ = nullptr;
  }

  void Start() {
    std::vector<reactor::Reactor*> reactors;
    for (const auto& reactor : reactors_) reactors.push_back(reactor.get());
    server_ = std::make_unique<rpc::Server>(options, reactors, table);
    ASSERT_TRUE(server_->Listen().ok());
    for (const auto& reactor : reactors_) reactor->Start();
  }
  uint16_t port() const { return server_->local_address().port; }
  rpc::Server& server() { return *server_; }
  reactor::Reactor& reactor(int i = 0) { return *reactors_[static_cast<size_t>(i)]; }

  // Runs on the reactor and waits.
  void On(int i, const std::function<void()>& function) {
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> finished = done->get_future();
    reactor(i).Post([&function, done] {
      function();
      done->set_value();
    });
    finished.wait();
  }
  // Until `done` holds, asked after turns of the reactor.
  bool WaitUntil(const std::function<bool()>& done,
                 std::chrono::milliseconds deadline = std::chrono::seconds(20)) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    while (!done()) {
      if (std::chrono::steady_clock::now() > until) return false;
      On(0, [] {});
      std::this_thread::yield();
    }
    return true;
  }

  rpc::ServiceTable table;
  rpc::ServerOptions options;

 private:
  SystemClock clock_;
  std::vector<std::unique_ptr<reactor::Reactor>> reactors_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace belfry::test
