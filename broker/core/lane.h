// SPDX-License-Identifier: Apache-2.0
//
// One ordered queue of a session: records that wait to be sent, and the gaps between them. Bounded
// in bytes, count and age of the oldest unsent (design.md §9); its policy says what gives way.
//
//     front                                            back
//     (lost: 3 of "a")  r4 r5 r6 [gap: link lost 2] r9 · r11    ← Push, PushGap
//       → TakeGap       → TakeRecords (stops at the next gap)
//
// What is evicted is always the oldest of its topic, so its loss is told at the front: behind what
// the reader has of that topic, before what it will get. `·` is a hole, where a record was evicted
// or replaced; holes never stand at the front, and are swept out when they are the majority.
//
// Threads: Confined to its session's reactor. Time is given by the caller. Ownership: by its
// session.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "broker/core/gap.h"
#include "broker/core/mutant.h"
#include "broker/core/overflow_policy.h"
#include "broker/core/record.h"
#include "broker/core/ring_queue.h"
#include "broker/core/topic_shares.h"
#include "common/clock.h"
#include "common/ref_counted.h"

namespace belfry::core {

class Session;

struct LaneBounds {
  // Of the records' memory and their places in the queue; a record larger than this is still queued
  // when it is alone.
  size_t bytes_max = 16 << 20;
  size_t messages_max = 1'000'000;
  Duration age_max = std::chrono::seconds(10);
};

class Lane {
 public:
  Lane(Session& session, uint32_t id, OverflowPolicy policy, const LaneBounds& bounds)
      : session_(session), id_(id), policy_(policy), bounds_(bounds) {}
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  Session& session() const { return session_; }
  uint32_t id() const { return id_; }
  OverflowPolicy policy() const { return policy_; }
  void set_bounds(const LaneBounds& bounds) { bounds_ = bounds; }

  struct Pushed {
    // Messages lost for it; each is in a gap.
    uint64_t dropped = 0;
    // Older values that it replaced.
    uint64_t conflated = 0;
    // DISCONNECT: there was no room, and it was not taken.
    bool overflowed = false;
  };
  Pushed Push(Ref<const Record> record, Instant now);
  // Drops what is older than the age bound. With DISCONNECT nothing is dropped, but `overflowed`.
  Pushed DropExpired(Instant now);
  // Gives up half of its bytes, the oldest of the heaviest topics, for the node's memory. Returns
  // how many messages were lost.
  uint64_t ShedHalf();
  // A gap behind all that is queued now.
  void PushGap(const Gap& gap);

  // While nobody is there to take anything, records do not age.
  void Rest(Instant now);
  void Wake(Instant now);

  // Forgets everything, untold: for a session that is over.
  void Clear();
  // Gives memory of a queue that was long back; called now and then, not on the delivery path.
  void Trim();

  bool empty() const { return live_ == 0 && dropped_.empty() && shed_.empty() && gaps_.empty(); }
  size_t queued_messages() const { return live_; }
  size_t queued_bytes() const { return bytes_; }
  // How long the oldest has waited, rests not counted. Zero without one.
  Duration oldest_age(Instant now) const;
  // Lost in this lane since it was made.
  uint64_t dropped_total() const { return dropped_total_; }

  // A bound is half used up, or more.
  bool half_full(Instant now) const;
  // True once each time that a bound is half used up, after it was nearly free again: the reader is
  // warned before it loses anything.
  bool TakeWarning(Instant now);

  // The gap that comes before the next record, if there is one.
  std::optional<Gap> TakeGap();
  // Moves records to `out` until the next gap or until their encoded bytes exceed `bytes_max`; at
  // least one, if one is next.
  void TakeRecords(size_t bytes_max, std::vector<Ref<const Record>>* out);

  // True once for the fan-out with this number: a message that matches several subscriptions of the
  // lane is queued once.
  bool FirstMatch(uint64_t fanout_number) {
    if (last_fanout_ == fanout_number && !Mutated(Mutant::kDoubleOnOverlap)) return false;
    last_fanout_ = fanout_number;
    return true;
  }

 private:
  // Entries have numbers that count up from 0 for the lane's life; the ring begins at
  // front_number_.
  struct Entry {
    // None: a hole.
    Ref<const Record> record;
    Instant queued_at;
    // How far away the next younger and the next older record of the topic stand; 0: there is none.
    // Kept for those that shares_ knows.
    uint32_t younger = 0;
    uint32_t older = 0;
  };
  struct PlacedGap {
    // It stands before the record with this number.
    uint64_t before = 0;
    Gap gap;
  };
  struct TopicKey {
    std::string_view topic;
    std::string_view key;
    bool operator==(const TopicKey&) const = default;
  };
  struct TopicKeyHash {
    size_t operator()(const TopicKey& key) const;
  };

  // A queued record's place: the ring may be half empty, and the allocator has its own part.
  static constexpr size_t kPlaceBytes = 2 * sizeof(Entry) + 16;
  // A slot of latest_; after the table has doubled half of its slots are empty.
  static constexpr size_t kLatestBytes = 128;

  size_t CostOf(const Record& record) const {
    return record.memory_bytes() + kPlaceBytes +
           (policy_ == OverflowPolicy::kConflate ? kLatestBytes : 0);
  }
  uint64_t end_number() const { return front_number_ + entries_.size(); }
  Entry& At(uint64_t number) { return entries_[number - front_number_]; }
  Instant LaneTime(Instant now) const { return (resting_ ? resting_since_ : now) - rested_; }
  size_t bytes_with_shares() const;
  bool Fits(size_t cost) const;
  // Uses up less than a `1 / part` of each bound.
  bool Below(size_t part, Instant now) const;

  void Append(Ref<const Record> record, Instant now);
  // Takes the entry out, leaving a hole behind unless it stood at the front.
  Ref<const Record> Remove(uint64_t number);
  Ref<const Record> PopFront();
  // Loses the oldest record of the heaviest topic.
  void Evict(Gap* told);
  void LoseAtBack(const Record& record);
  uint64_t Replace(const Record& record);
  Gap& GapAtBack(GapCause cause);

  void Chain(uint64_t number);
  void Unchain(uint64_t number, const Record& record);
  bool Evicts() const {
    return policy_ == OverflowPolicy::kDropOldest || policy_ == OverflowPolicy::kConflate;
  }
  bool NearFull() const;
  // Lets the shares know so many records more.
  void LearnShares(size_t records);
  bool InShares(uint64_t number) const { return shares_ != nullptr && number < shares_end_; }
  bool HolesPrevail() const;
  void SweepHoles();
  // Gaps that have come to the front stand at one place: those of one cause become one, so that a
  // reader who stalls for hours is not owed a gap for each time that the lane filled up.
  void MergeFrontGaps();

  Session& session_;
  const uint32_t id_;
  const OverflowPolicy policy_;
  // DROP_NEWEST: it has overflowed and is not half empty yet.
  bool closed_ = false;
  bool warned_ = false;
  bool resting_ = false;
  LaneBounds bounds_;
  RingQueue<Entry> entries_;
  size_t live_ = 0;
  size_t bytes_ = 0;
  uint64_t front_number_ = 0;
  uint64_t last_fanout_ = 0;
  uint64_t dropped_total_ = 0;
  // What was lost at the front since the last TakeGap: to a bound, and to the node's memory.
  Gap dropped_{GapCause::kOverflow};
  Gap shed_{GapCause::kMemory};
  // Gaps that stand further behind, in order. Rare, so a plain vector.
  std::vector<PlacedGap> gaps_;
  // From half full (or the first eviction) until the lane is empty. Knows the records before
  // shares_end_: a long queue is learned bit by bit, because the lanes of many stopped sessions
  // overflow with the same message.
  std::unique_ptr<TopicShares> shares_;
  uint64_t shares_end_ = 0;
  // CONFLATE: which record is the latest of its topic and key. The views are the record's own.
  absl::flat_hash_map<TopicKey, uint64_t, TopicKeyHash> latest_;
  Instant resting_since_{};
  Duration rested_{0};
};

}  // namespace belfry::core
