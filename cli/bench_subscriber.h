// SPDX-License-Identifier: Apache-2.0
//
// One subscribing client of a benchmark, with a connection of its own: counts what comes and how
// late.
//
// Lifecycle: Start; the run measures; Stop, after which the results may be read.
// Threads: the handler runs on the client's reading thread (inline, so that no hand-over is
// measured); Delivered, Taken and the waiting functions are Thread-safe; the rest is for before
// Start and after Stop. Fails: WaitUntilReady says so.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "belfry/client.h"
#include "cli/bench_plan.h"
#include "cli/client_setup.h"
#include "cli/histogram.h"
#include "cli/lock_step.h"

namespace belfry::cli {

class BenchSubscriber {
 public:
  // `steps` has one for each publisher if they wait for each delivery, and is empty otherwise.
  BenchSubscriber(const BenchPlan& plan, uint32_t index,
                  std::vector<std::unique_ptr<LockStep>>& steps);

  // Empty, or what is wrong with the options.
  std::string Start(const GlobalOptions& global);
  bool WaitUntilReady(Duration patience) {
    return subscription_.WaitUntilConfirmed(Millis(patience));
  }
  void Stop();

  // Measured messages that came.
  uint64_t Delivered() const { return delivered_.load(std::memory_order_relaxed); }
  // All messages of one publisher that came, warm-up included.
  uint64_t Taken(uint32_t publisher) const {
    return taken_[publisher].load(std::memory_order_relaxed);
  }
  uint64_t gaps() const { return gaps_; }
  const Histogram& delays() const { return delays_; }
  const LastReason& last_reason() const { return last_reason_; }

 private:
  void OnMessage(const Message& message);

  const BenchPlan& plan_;
  const uint32_t index_;
  std::vector<std::unique_ptr<LockStep>>& steps_;
  const SystemClock clock_;
  LastReason last_reason_;
  Histogram delays_;
  uint64_t gaps_ = 0;
  // Written by the handler alone, read by others: no read-modify-write is needed.
  std::atomic<uint64_t> delivered_{0};
  std::vector<std::atomic<uint64_t>> taken_;
  // Last: they end before what their callbacks use.
  std::unique_ptr<Client> client_;
  Subscription subscription_;
};

}  // namespace belfry::cli
