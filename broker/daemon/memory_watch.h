// SPDX-License-Identifier: Apache-2.0
//
// Tells the memory budget what the process uses beside its records, once a second. While what is
// resident is well below the limit, that is all it looks at; near the limit it asks the allocator
// what is really in use, because freed memory that the allocator keeps must not count. (It walks
// all free blocks to tell, with its locks held, so it is not asked without need.)
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
  size_t InUse() const;

  core::MemoryBudget& budget_;
};

}  // namespace belfry::daemon
