// SPDX-License-Identifier: Apache-2.0
//
// What was lost at one place of a lane, and how much of it. Losses are added until the gap is told:
// up to 64 topics with exact counts, beyond that one exact total (design.md §4), so that its memory
// is bounded however long nobody listens.
//
// Threads: a value; Confined to whoever holds it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace belfry::core {

// The same numbers as belfry.v1.GapCause.
enum class GapCause : uint8_t {
  kOverflow = 0,
  kReconnect = 1,
  kPeerLink = 2,
  kRetention = 3,
  kMemory = 4,
  kTopicReset = 5,
};

struct TopicGap {
  std::string topic;
  uint64_t count = 0;
};

struct Gap {
  static constexpr size_t kTopicsMax = 64;

  GapCause cause = GapCause::kOverflow;
  // Empty when there were more topics than can be told, or when nothing is known about them.
  std::vector<TopicGap> topics{};
  uint64_t count = 0;
  bool count_known = true;

  static Gap OfUnknownCount(GapCause cause) { return Gap{cause, {}, 0, false}; }

  bool empty() const { return count == 0 && count_known; }
  // `count` more messages of this topic are lost here.
  void Add(std::string_view topic, uint64_t count);
  // What another gap of the same cause and place tells, too.
  void Merge(const Gap& other);
};

}  // namespace belfry::core
