// SPDX-License-Identifier: Apache-2.0
//
// What is measured, as a benchmark sees it: publishing connections, subscribing connections that
// hand what they get to a Tally each, and the CPU time of the server. Pace, window, stamps and
// counting are the same for all systems and lie elsewhere.
//
// Lifecycle: Connect, then the run, then Disconnect, after which the tallies stand still.
// Threads: System is Confined to the main thread; a PublishWire to its publisher's thread, but for
// Settle and outcomes, which follow when that thread has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bench/load/plan.h"
#include "bench/load/tally.h"
#include "common/clock.h"
#include "common/status.h"

namespace belfry::bench {

// What became of measured messages.
struct Outcomes {
  uint64_t ok = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;
  // Deliveries that the messages which are OK should bring.
  uint64_t expected = 0;
};

class PublishWire {
 public:
  virtual ~PublishWire() = default;

  // Without `measured` the outcome does not count.
  virtual void Publish(uint32_t topic, std::string_view payload, bool measured) = 0;
  // The publisher is about to wait: what was gathered leaves now.
  virtual void Push() = 0;
  // Until every outcome is known, or `patience` is over.
  virtual void Settle(Duration patience) = 0;
  virtual Outcomes outcomes() const = 0;
};

class System {
 public:
  virtual ~System() = default;

  // Until every subscription works and every publisher is connected. Subscriber i fills tally i.
  virtual Status Connect(const Plan& plan, const Tallies& tallies, Duration patience) = 0;
  virtual PublishWire& PublisherWire(uint32_t index) = 0;
  // Since the server began; unset if it cannot be known. Called once before the two calls that
  // count.
  virtual std::optional<double> ServerCpuSeconds() = 0;
  virtual void Disconnect() = 0;
};

}  // namespace belfry::bench
