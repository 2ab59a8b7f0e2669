// SPDX-License-Identifier: Apache-2.0
//
// Who wants what, for the whole node: for each filter, two counts for every destination. *Routed*
// counts all subscriptions, parked sessions included, and alone decides where a message goes;
// *active* counts those that are attended, and is what outcomes and operators are shown (design.md
// §7).
//
// Literals live in 64 stripes with a lock each; wildcards and globs share one index under a
// reader-writer lock that publishers skip while there are none.
//
// Threads: Thread-safe. Locks are leaves and short. A change is visible to every later Match.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "broker/core/destination.h"
#include "broker/core/interest_entry.h"
#include "common/mutex.h"
#include "common/topic/filter.h"
#include "common/topic/filter_index.h"
#include "common/topic/topic.h"

namespace belfry::core {

// A set of destinations as bits.
class DestinationSet {
 public:
  // 64 reactors and 192 peers: a full mesh ends well before that.
  static constexpr size_t kMax = 256;

  void Add(DestinationId id) { words_[id / 64] |= uint64_t{1} << (id % 64); }
  bool Contains(DestinationId id) const { return words_[id / 64] >> (id % 64) & 1; }
  bool empty() const { return (words_[0] | words_[1] | words_[2] | words_[3]) == 0; }
  template <class Visit>
  void ForEach(Visit&& visit) const {
    for (size_t w = 0; w < words_.size(); ++w) {
      for (uint64_t word = words_[w]; word != 0; word &= word - 1) {
        visit(static_cast<DestinationId>(w * 64 + static_cast<size_t>(std::countr_zero(word))));
      }
    }
  }

 private:
  std::array<uint64_t, kMax / 64> words_{};
};

class InterestTable {
 public:
  // `reactors`: destinations below this number are this node's own.
  explicit InterestTable(DestinationId reactors) : reactors_(reactors) {}

  // Changes the counts of one filter for one destination. Counts never go below zero: that is a
  // bug. Returns the table's version with the change in it. A Match that has seen the change is of
  // at least that version; one of at least that version is followed, on its thread, by those alone
  // that see it.
  uint64_t Change(FilterView filter, DestinationId destination, InterestDelta delta);

  struct Match {
    DestinationSet destinations;
    // Active subscriptions with a matching filter, and nodes that have one (this node counts as
    // one).
    uint32_t subscribers = 0;
    uint32_t nodes = 0;
    uint64_t version = 0;
  };
  Match Find(std::string_view topic, MatchScope scope) const {
    return Find(topic, TopicHash(topic), scope);
  }
  // The same for a caller that has the TopicHash of the topic already.
  Match Find(std::string_view topic, uint64_t hash, MatchScope scope) const;

  // The literal filters with any interest, in kParts parts of about the same size: visit(text), in
  // no order. Publishers to topics of that part wait meanwhile, so it must be short.
  static constexpr size_t kParts = 64;
  template <class Visit>
  void ForEachLiteral(size_t part, Visit&& visit) const {
    const Stripe& stripe = stripes_[part];
    MutexLock lock(stripe.mutex);
    stripe.literals.ForEach([&](std::string_view text, const InterestEntry&) { visit(text); });
  }

  // Filters with any interest.
  size_t size() const;

 private:
  struct Stripe {
    mutable Mutex mutex;
    LiteralIndex<InterestEntry> literals BELFRY_GUARDED_BY(mutex);
  };

  class Gatherer;

  const DestinationId reactors_;
  std::array<Stripe, kParts> stripes_;
  mutable SharedMutex patterns_mutex_;
  FilterIndex<InterestEntry> patterns_ BELFRY_GUARDED_BY(patterns_mutex_);
  std::atomic<size_t> pattern_count_{0};
  // Counts changes. Raised under the lock of what changes, read after the last lock of a Find.
  std::atomic<uint64_t> version_{0};
};

}  // namespace belfry::core
