// SPDX-License-Identifier: Apache-2.0
#include "broker/core/subscription.h"

#include <cstring>
#include <new>

#include "common/check.h"

namespace belfry::core {

std::unique_ptr<Subscription> Subscription::Make(uint32_t id, FilterView filter, Lane& lane) {
  BELFRY_CHECK(filter.text.size() <= UINT16_MAX);
  void* memory = ::operator new(sizeof(Subscription) + filter.text.size());
  auto* subscription = new (memory) Subscription(id, filter, lane);
  if (!filter.text.empty()) {
    std::memcpy(static_cast<void*>(subscription + 1), filter.text.data(), filter.text.size());
  }
  return std::unique_ptr<Subscription>(subscription);
}

}  // namespace belfry::core
