// SPDX-License-Identifier: Apache-2.0
//
// Who wants one filter: two counts for each destination that has any (interest_table.h).
//
// Threads: guarded by the table's lock for its filter. Errors: a count below zero is a bug (CHECK).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "broker/core/destination.h"

namespace belfry::core {

struct InterestCounts {
  DestinationId destination = 0;
  // All subscriptions, parked sessions included.
  uint32_t routed = 0;
  // Those that are attended.
  uint32_t active = 0;
};

struct InterestDelta {
  int32_t routed = 0;
  int32_t active = 0;
};

class InterestEntry {
 public:
  void Change(DestinationId destination, InterestDelta delta);
  bool empty() const { return more_ == nullptr && first_.routed == 0 && first_.active == 0; }

  template <class Visit>
  void ForEach(Visit&& visit) const {
    visit(first_);
    if (more_ == nullptr) return;
    for (const InterestCounts& counts : *more_) visit(counts);
  }

 private:
  InterestCounts& CountsOf(DestinationId destination);

  // Nearly every filter has one destination; the others cost one allocation.
  InterestCounts first_;
  std::unique_ptr<std::vector<InterestCounts>> more_;
};

}  // namespace belfry::core
