// SPDX-License-Identifier: Apache-2.0
//
// One publishing client of a benchmark, with a thread of its own. Three paces: at a rate (open
// loop: a message that is late counts from when it was due, and how late the publisher itself was
// is told), as fast as the window allows, or one message at a time.
//
// Lifecycle: Go begins at a given instant and publishes through warm-up and measured time; Join
// waits for the end, after which the results may be read. Threads: Confined to the main thread, but
// for its own. Fails: outcomes are counted, not hidden; a publisher that falls too far behind its
// rate stops, and what it did not send counts as failed.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "bench/load/lock_step.h"
#include "bench/load/plan.h"
#include "bench/load/system.h"
#include "bench/load/tally.h"

namespace belfry::bench {

class Publisher {
 public:
  // `step`: null unless one message at a time. `patience`: for outcomes, and with a rate how long
  // after the end messages that were due are still sent.
  Publisher(const Plan& plan, uint32_t index, const Tallies& tallies, LockStep* step,
            Duration patience);

  void Go(Instant start, PublishWire& wire);
  // Publishing is over and every outcome is known, or the patience is over.
  void Join();

  // Of measured messages.
  Outcomes outcomes() const;
  // When the last measured message was published.
  Instant last_published() const { return last_published_; }
  // With a rate: the longest time between when a measured message was due and when the system had
  // taken it.
  Duration late_max() const { return late_max_; }
  // Without a rate: how often it waited for deliveries in vain and went on, warm-up included.
  uint64_t stalls() const { return epoch_; }

 private:
  void Run(Instant start);
  void RunAtRate(Instant start, Instant measured, Instant end);
  void RunInWindow(Instant measured, Instant end);
  void RunOneAtATime(Instant measured, Instant end);
  void PublishOne(uint64_t message, Instant due, bool measured);
  // Counts what is due from `message` to the end as not sent.
  void GiveUp(Instant start, Instant measured, Instant end, uint64_t message);
  // Of this epoch.
  uint64_t TakenByAll() const;
  void WaitForWindow(uint64_t window);
  // What is under way may be lost: it is waited for no more, and makes no room if it comes after
  // all.
  void WriteOff();

  const Plan& plan_;
  const uint32_t index_;
  const Tallies& tallies_;
  LockStep* const step_;
  const Duration patience_;
  const SystemClock clock_;
  std::string payload_;
  PublishWire* wire_ = nullptr;
  // How often what was under way was written off; each message bears the number of its epoch.
  uint32_t epoch_ = 0;
  // Deliveries that the messages of this epoch should bring.
  uint64_t sent_deliveries_ = 0;
  Instant last_published_;
  Duration late_max_{};
  // Measured messages that were due and never handed to the system.
  uint64_t not_sent_ = 0;
  std::thread thread_;
};

}  // namespace belfry::bench
