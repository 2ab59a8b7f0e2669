// SPDX-License-Identifier: Apache-2.0
//
// What one reactor owes another: the messages it took in that the other has subscriptions for, in
// order.
//
// Threads: Confined to the test.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_set>
#include <vector>

namespace belfry::sim {

struct RouteHistory {
  // Not arrived yet.
  std::deque<uint64_t> expected;
  // Later ones have arrived before these.
  std::vector<uint64_t> overtaken;
  std::unordered_set<uint64_t> arrived;
};

}  // namespace belfry::sim
