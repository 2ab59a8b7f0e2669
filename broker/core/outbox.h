// SPDX-License-Identifier: Apache-2.0
//
// What one reactor has for one destination: gathered during a turn, offered at its end, in order.
// What the destination refuses stays here (the spill of design.md §7): the producer neither blocks
// nor drops, but its intake closes until the spill is gone.
//
// Threads: Confined to the producing reactor.
#pragma once

#include <functional>
#include <vector>

#include "broker/core/destination.h"

namespace belfry::core {

class Outbox {
 public:
  // `on_spill_changed` is called when a spill appears and when it is gone.
  Outbox(Destination& destination, std::function<void()> on_spill_changed)
      : destination_(destination), on_spill_changed_(std::move(on_spill_changed)) {}

  void Push(RoutedRecord routed) { records_.push_back(std::move(routed)); }
  bool empty() const { return records_.empty(); }
  bool spilling() const { return spilling_; }
  size_t size() const { return records_.size(); }

  // Offers all that waits. At the end of each turn, and when the destination has room again.
  void Flush();

 private:
  Destination& destination_;
  std::function<void()> on_spill_changed_;
  std::vector<RoutedRecord> records_;
  bool spilling_ = false;
};

}  // namespace belfry::core
