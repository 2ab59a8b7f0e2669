// SPDX-License-Identifier: Apache-2.0
#include "broker/core/interest_table.h"

#include "common/check.h"
#include "common/topic/topic.h"

namespace belfry::core {
namespace {

// The top bits: the stripe's own table uses the low ones.
size_t StripeOf(uint64_t hash) { return hash >> 58; }

}  // namespace

// Adds up what the matching entries say.
class InterestTable::Gatherer {
 public:
  Gatherer(DestinationId reactors, Match& match) : reactors_(reactors), match_(match) {}

  void Add(const InterestEntry& entry) {
    entry.ForEach([this](const InterestCounts& counts) { Add(counts); });
  }
  void Finish() {
    match_.nodes = local_active_ ? 1 : 0;
    active_peers_.ForEach([&](DestinationId) { ++match_.nodes; });
  }

 private:
  void Add(const InterestCounts& counts) {
    if (counts.routed != 0) match_.destinations.Add(counts.destination);
    if (counts.active == 0) return;
    match_.subscribers += counts.active;
    if (counts.destination < reactors_) {
      local_active_ = true;
    } else {
      active_peers_.Add(counts.destination);
    }
  }

  const DestinationId reactors_;
  Match& match_;
  bool local_active_ = false;
  DestinationSet active_peers_;
};

uint64_t InterestTable::Change(FilterView filter, DestinationId destination, InterestDelta delta) {
  BELFRY_CHECK(destination < DestinationSet::kMax);
  if (filter.kind == FilterKind::kLiteral) {
    Stripe& stripe = stripes_[StripeOf(TopicHash(filter.text))];
    MutexLock lock(stripe.mutex);
    InterestEntry& entry = *stripe.literals.FindOrInsert(filter.text);
    entry.Change(destination, delta);
    if (entry.empty()) stripe.literals.Erase(filter.text);
    return version_.fetch_add(1, std::memory_order_acq_rel) + 1;
  }
  WriterLock lock(patterns_mutex_);
  InterestEntry& entry = *patterns_.FindOrInsert(filter);
  entry.Change(destination, delta);
  if (entry.empty()) patterns_.Erase(filter);
  pattern_count_.store(patterns_.size(), std::memory_order_release);
  return version_.fetch_add(1, std::memory_order_acq_rel) + 1;
}

InterestTable::Match InterestTable::Find(std::string_view topic, uint64_t hash,
                                         MatchScope scope) const {
  Match match;
  Gatherer gatherer(reactors_, match);
  {
    const Stripe& stripe = stripes_[StripeOf(hash)];
    MutexLock lock(stripe.mutex);
    if (const InterestEntry* entry = stripe.literals.Find(topic, hash); entry != nullptr)
      gatherer.Add(*entry);
  }
  if (scope == MatchScope::kAll && pattern_count_.load(std::memory_order_acquire) != 0) {
    ReaderLock lock(patterns_mutex_);
    patterns_.Match(topic, scope, [&](const InterestEntry& entry) { gatherer.Add(entry); });
  }
  gatherer.Finish();
  match.version = version_.load(std::memory_order_acquire);
  return match;
}

size_t InterestTable::size() const {
  size_t size = pattern_count_.load(std::memory_order_acquire);
  for (const Stripe& stripe : stripes_) {
    MutexLock lock(stripe.mutex);
    size += stripe.literals.size();
  }
  return size;
}

}  // namespace belfry::core
