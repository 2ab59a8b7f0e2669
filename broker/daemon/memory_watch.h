// SPDX-License-Identifier: Apache-2.0
//
// Tells the memory budget what the process uses beside its records: once a second it asks the
// allocator for all that is in use and takes off what the budget knows already. Freed memory that
// the allocator keeps does not count, so shedding helps at once.
//
// Threads: Confined to the main thread. Errors: what cannot be read counts as nothing.
#pragma once

#include <cstddef>

#include "broker/core/memory_budget.h"

namespace belfry::daemon {

class MemoryWatch {
 public:
  explicit MemoryWatch(core::MemoryBudget& budget) : budget_(budget) {}

  void Observe();

  // What the machine has, or the control group of this process if that is less.
  static size_t AvailableBytes();

 private:
  core::MemoryBudget& budget_;
};

}  // namespace belfry::daemon
