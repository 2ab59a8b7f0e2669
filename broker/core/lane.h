// SPDX-License-Identifier: Apache-2.0
//
// One ordered queue of a session: records that wait to be sent, and the gaps between them. Bounded
// in bytes, count and age of the oldest unsent (design.md §9). When it is full the oldest records
// are lost (DROP_OLDEST), and a Gap stands exactly where they stood.
//
//     front                                         back
//     [gap: 3 lost] r4 r5 r6 [gap: link lost 2] r9 r10   ← Push, PushGap
//       → TakeGap  → TakeRecords (stops at the next gap)
//
// Threads: Confined to its session's reactor. Time is given by the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/core/gap.h"
#include "broker/core/record.h"
#include "broker/core/ring_queue.h"
#include "common/clock.h"
#include "common/ref_counted.h"

namespace belfry::core {

struct LaneBounds {
  // Of the records' memory; a record larger than this is still queued when it is alone.
  size_t bytes_max = 16 << 20;
  size_t messages_max = 1'000'000;
  Duration age_max = std::chrono::seconds(10);
};

class Lane {
 public:
  explicit Lane(const LaneBounds& bounds) : bounds_(bounds) {}

  void set_bounds(const LaneBounds& bounds) { bounds_ = bounds; }

  // Queues the record, and drops the oldest until the bounds hold. Returns how many were dropped.
  uint64_t Push(Ref<const Record> record, Instant now);
  // Drops what is older than the age bound. Returns how many.
  uint64_t DropExpired(Instant now);
  // A gap behind all that is queued now.
  void PushGap(Gap gap);

  // Forgets everything, untold: for a session that is over.
  void Clear();
  // Gives memory of an empty queue back; called now and then, not on the delivery path.
  void Trim() { records_.ReleaseIfEmpty(); }

  bool empty() const { return records_.empty() && dropped_.empty() && gaps_.empty(); }
  size_t queued_messages() const { return records_.size(); }
  size_t queued_bytes() const { return bytes_; }

  // The gap that comes before the next record, if there is one.
  std::optional<Gap> TakeGap();
  // Moves records to `out` until the next gap or until their encoded bytes exceed `bytes_max`; at
  // least one, if one is next.
  void TakeRecords(size_t bytes_max, std::vector<Ref<const Record>>* out);

  // True once for the fan-out with this number: a message that matches several subscriptions of the
  // lane is queued once.
  bool FirstMatch(uint64_t fanout_number) {
    if (last_fanout_ == fanout_number) return false;
    last_fanout_ = fanout_number;
    return true;
  }

 private:
  struct Entry {
    Ref<const Record> record;
    Instant queued_at;
  };
  struct PlacedGap {
    // It stands before the record with this number.
    uint64_t before = 0;
    Gap gap;
  };

  void DropFront();

  LaneBounds bounds_;
  RingQueue<Entry> records_;
  size_t bytes_ = 0;
  // The number of the front record; they count up from 0 for the lane's life.
  uint64_t front_number_ = 0;
  // What was dropped at the front since the last TakeGap.
  PendingGap dropped_{GapCause::kOverflow};
  // Gaps from elsewhere, in order. Rare, so a plain vector.
  std::vector<PlacedGap> gaps_;
  uint64_t last_fanout_ = 0;
};

}  // namespace belfry::core
