// SPDX-License-Identifier: Apache-2.0
#include "broker/core/outbox.h"

#include <algorithm>

#include "broker/core/mutant.h"

namespace belfry::core {

void Outbox::Flush() {
  if (records_.empty()) return;
  // While a spill waits for room, only the destination's call back may try again: order is the
  // queue's, and a full inbox is not hammered every turn.
  if (spilling_) return;
  const size_t taken = destination_.Offer(records_);
  records_.erase(records_.begin(), records_.begin() + static_cast<ptrdiff_t>(taken));
  if (Mutated(Mutant::kSpillDropped)) records_.clear();
  if (Mutated(Mutant::kSpillReordered)) std::reverse(records_.begin(), records_.end());
  if (records_.empty()) return;
  spilling_ = true;
  on_spill_changed_();
  if (Mutated(Mutant::kRoomNotAwaited)) return;
  destination_.NotifyWhenRoom([this] {
    spilling_ = false;
    Flush();
    if (!spilling_) on_spill_changed_();
  });
}

}  // namespace belfry::core
