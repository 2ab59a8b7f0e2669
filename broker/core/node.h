// SPDX-License-Identifier: Apache-2.0
//
// What the brokers of one node share: who wants what, who is here, how much memory is left, how
// many topics are tracked, and the control lane between reactors.
//
// Threads: each part is Thread-safe; `control` is set before the first broker runs. Ownership: by
// the application (or a test), outlives its brokers.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "broker/core/destination.h"
#include "broker/core/interest_table.h"
#include "broker/core/memory_budget.h"
#include "broker/core/session_directory.h"
#include "common/check.h"

namespace belfry::core {

class Broker;

struct Node {
  Node(DestinationId reactors, size_t memory_limit, SessionId first_session_id,
       size_t memory_granularity = MemoryBudget::kGranularity)
      : interest(reactors), sessions(first_session_id), memory(memory_limit, memory_granularity) {
    BELFRY_CHECK(reactors <= MemoryBudget::kReactorsMax);
  }

  InterestTable interest;
  SessionDirectory sessions;
  MemoryBudget memory;
  // Topics in the ledgers of all its brokers (topic_ledger.h).
  std::atomic<size_t> topics_tracked{0};
  // Runs the function on that reactor, with its broker: soon, in order, never refused. Never within
  // the call.
  std::function<void(DestinationId reactor, std::function<void(Broker&)> function)> control;
};

}  // namespace belfry::core
