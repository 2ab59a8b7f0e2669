// SPDX-License-Identifier: Apache-2.0
//
// What was lost, and how much of it. PendingGap gathers losses until they can be told: up to 64
// topics with exact counts, beyond that one exact total (design.md §4), so that its memory is
// bounded.
//
// Threads: Gap is an Immutable value; PendingGap is Confined to its lane.
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
  GapCause cause = GapCause::kOverflow;
  // Empty when there were more topics than can be told, or when nothing is known about them.
  std::vector<TopicGap> topics;
  uint64_t count = 0;
  bool count_known = true;

  static Gap OfUnknownCount(GapCause cause) { return Gap{cause, {}, 0, false}; }
};

class PendingGap {
 public:
  static constexpr size_t kTopicsMax = 64;

  explicit PendingGap(GapCause cause) : cause_(cause) {}

  bool empty() const { return total_ == 0; }
  uint64_t total() const { return total_; }
  void Add(std::string_view topic, uint64_t count);
  // Everything so far, and begins anew.
  Gap Take();

 private:
  GapCause cause_;
  std::vector<TopicGap> topics_;
  bool too_many_topics_ = false;
  uint64_t total_ = 0;
};

}  // namespace belfry::core
