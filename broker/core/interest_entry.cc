// SPDX-License-Identifier: Apache-2.0
#include "broker/core/interest_entry.h"

#include <algorithm>

#include "common/check.h"

namespace belfry::core {
namespace {

bool IsNothing(const InterestCounts& counts) { return counts.routed == 0 && counts.active == 0; }

uint32_t Changed(uint32_t count, int32_t by) {
  const int64_t changed = static_cast<int64_t>(count) + by;
  BELFRY_CHECK(changed >= 0);
  return static_cast<uint32_t>(changed);
}

}  // namespace

InterestCounts& InterestEntry::CountsOf(DestinationId destination) {
  if (first_.destination == destination || empty()) return first_;
  if (more_ == nullptr) more_ = std::make_unique<std::vector<InterestCounts>>();
  const auto found = std::find_if(more_->begin(), more_->end(), [&](const InterestCounts& counts) {
    return counts.destination == destination;
  });
  return found != more_->end() ? *found : more_->emplace_back();
}

void InterestEntry::Change(DestinationId destination, InterestDelta delta) {
  InterestCounts& counts = CountsOf(destination);
  counts.destination = destination;
  counts.routed = Changed(counts.routed, delta.routed);
  counts.active = Changed(counts.active, delta.active);
  if (more_ == nullptr) return;
  std::erase_if(*more_, IsNothing);
  if (IsNothing(first_) && !more_->empty()) {
    first_ = more_->back();
    more_->pop_back();
  }
  if (more_->empty()) more_.reset();
}

}  // namespace belfry::core
