// SPDX-License-Identifier: Apache-2.0
//
// Which topics fill a lane, so that an overflow is paid by the topic that caused it and a flood on
// one topic does not wash away the others. Made when a lane first overflows and kept until the lane
// is empty; a lane that keeps up pays nothing.
//
//     bucket 12   share "cursor"  (4–8 KiB queued)            ← the victim is taken from here
//     bucket  9   share "chat" → share "presence"
//     bucket  7   share "typing"
//
// A share stands in the bucket of the binary logarithm of its bytes; within a bucket the one that
// paid or came last stands last. So the victim is within a factor of two of the heaviest topic, and
// every step is O(1).
//
// A share also knows the numbers of its oldest and newest record; the records between are chained
// by the lane.
//
// Threads: Confined to its lane. Ownership: owns its shares and their texts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/topic/literal_index.h"

namespace belfry::core {

class TopicShares {
 public:
  struct Share {
    uint64_t oldest = 0;
    uint64_t newest = 0;
    size_t bytes = 0;
    uint32_t records = 0;

   private:
    friend class TopicShares;
    uint8_t bucket = 0;
    Share* next = nullptr;
    Share** previous_next = nullptr;
  };

  TopicShares() = default;
  TopicShares(const TopicShares&) = delete;
  TopicShares& operator=(const TopicShares&) = delete;

  // Of this topic, made empty if it is new.
  Share& Of(std::string_view topic);
  // The share has one record of `bytes` more, or one less. One without records is gone.
  void Grow(Share& share, size_t bytes);
  void Shrink(std::string_view topic, Share& share, size_t bytes);
  // A topic that holds about the most. There must be one.
  Share& Heaviest();

  bool empty() const { return shares_.empty(); }
  // What the shares themselves cost, roughly.
  size_t memory_bytes() const { return shares_.size() * kShareBytes + text_bytes_; }

 private:
  // A share and its slot, without the text.
  static constexpr size_t kShareBytes = 104;
  static constexpr size_t kBuckets = 48;

  struct Bucket {
    Share* first = nullptr;
    Share** last_next = nullptr;
  };

  void Link(Share& share);
  void Unlink(Share& share);

  LiteralIndex<Share> shares_;
  size_t text_bytes_ = 0;
  std::array<Bucket, kBuckets> buckets_{};
};

}  // namespace belfry::core
