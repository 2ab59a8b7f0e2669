// SPDX-License-Identifier: Apache-2.0
//
// One publishing client of a benchmark, with a connection and a thread of its own. Three paces: at
// a rate (open loop: a message that is late counts from when it was due), as fast as the window
// allows, or one message at a time.
//
// Lifecycle: Start connects; Go begins at a given instant and publishes through warm-up and
// measured time; Join waits for the end, Stop disconnects. Results may be read after Stop. Threads:
// Confined to the main thread, but for its own. Fails: outcomes are counted, not hidden.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "belfry/client.h"
#include "cli/bench_plan.h"
#include "cli/bench_subscriber.h"
#include "cli/client_setup.h"
#include "cli/lock_step.h"

namespace belfry::cli {

class BenchPublisher {
 public:
  // `step`: null unless one message at a time.
  BenchPublisher(const BenchPlan& plan, uint32_t index,
                 const std::vector<std::unique_ptr<BenchSubscriber>>& subscribers, LockStep* step);

  // Empty, or what is wrong with the options.
  std::string Start(const GlobalOptions& global);
  bool WaitUntilReady(Duration patience) { return client_->WaitUntilConnected(Millis(patience)); }
  void Go(Instant start);
  // Publishing is over and every outcome is known, or `patience` is.
  void Join(Duration patience);
  void Stop() { client_.reset(); }

  // Of measured messages.
  uint64_t ok() const { return ok_; }
  uint64_t failed() const { return failed_; }
  uint64_t unknown() const { return unknown_; }
  // Deliveries that the messages which are OK should bring.
  uint64_t expected() const { return expected_; }
  // When the last measured message was published.
  Instant last_published() const { return last_published_; }

 private:
  void Run(Instant start);
  void RunAtRate(Instant start, Instant measured, Instant end);
  void RunInWindow(Instant measured, Instant end);
  void RunOneAtATime(Instant measured, Instant end);
  void PublishOne(uint64_t message, Instant due, bool measured);
  uint64_t TakenByAll() const;
  void WaitForWindow(uint64_t window);

  const BenchPlan& plan_;
  const uint32_t index_;
  const std::vector<std::unique_ptr<BenchSubscriber>>& subscribers_;
  LockStep* const step_;
  const SystemClock clock_;
  std::vector<std::string> topics_;
  std::string payload_;
  PublishOptions options_;
  // Deliveries that all messages so far should bring, and those that are known not to come any
  // more.
  uint64_t sent_deliveries_ = 0;
  uint64_t written_off_ = 0;
  Instant last_published_;
  // Measured messages that were published.
  uint64_t measured_ = 0;
  // Counted by outcome callbacks, which run one at a time.
  std::atomic<uint64_t> ok_{0};
  std::atomic<uint64_t> failed_{0};
  std::atomic<uint64_t> unknown_{0};
  std::atomic<uint64_t> expected_{0};
  // Last: its end waits for the callbacks above.
  std::unique_ptr<Client> client_;
  std::thread thread_;
};

}  // namespace belfry::cli
