// SPDX-License-Identifier: Apache-2.0
#include "broker/core/interest_table.h"

#include <algorithm>

#include "common/check.h"
#include "common/topic/topic.h"

namespace belfry::core {
namespace {

// The top bits: the stripe's own table uses the low ones.
size_t StripeOf(std::string_view text) { return TopicHash(text) >> 58; }

}  // namespace

// Adds up what the matching entries say.
class InterestTable::Gatherer {
 public:
  Gatherer(DestinationId reactors, Match& match) : reactors_(reactors), match_(match) {}

  void Add(const Entry& entry) {
    Add(entry.first);
    if (entry.more == nullptr) return;
    for (const Counts& counts : *entry.more) Add(counts);
  }
  void Finish() {
    match_.nodes = local_active_ ? 1 : 0;
    active_peers_.ForEach([&](DestinationId) { ++match_.nodes; });
  }

 private:
  void Add(const Counts& counts) {
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

void InterestTable::Change(FilterView filter, DestinationId destination, Delta delta) {
  BELFRY_CHECK(destination < DestinationSet::kMax);
  if (filter.kind == FilterKind::kLiteral) {
    Stripe& stripe = stripes_[StripeOf(filter.text)];
    MutexLock lock(stripe.mutex);
    Entry& entry = *stripe.literals.FindOrInsert(filter.text);
    ChangeEntry(entry, destination, delta);
    if (IsEmpty(entry)) stripe.literals.Erase(filter.text);
    return;
  }
  WriterLock lock(patterns_mutex_);
  Entry& entry = *patterns_.FindOrInsert(filter);
  ChangeEntry(entry, destination, delta);
  if (IsEmpty(entry)) patterns_.Erase(filter);
  pattern_count_.store(patterns_.size(), std::memory_order_release);
}

void InterestTable::ChangeEntry(Entry& entry, DestinationId destination, Delta delta) {
  Counts* counts = nullptr;
  if (entry.first.destination == destination || (entry.first.routed == 0 && entry.more == nullptr)) {
    counts = &entry.first;
  } else {
    if (entry.more == nullptr) entry.more = std::make_unique<std::vector<Counts>>();
    auto found = std::find_if(entry.more->begin(), entry.more->end(),
                              [&](const Counts& c) { return c.destination == destination; });
    counts = found != entry.more->end() ? &*found : &entry.more->emplace_back();
  }
  counts->destination = destination;
  BELFRY_CHECK(static_cast<int64_t>(counts->routed) + delta.routed >= 0);
  BELFRY_CHECK(static_cast<int64_t>(counts->active) + delta.active >= 0);
  counts->routed += static_cast<uint32_t>(delta.routed);
  counts->active += static_cast<uint32_t>(delta.active);
  if (entry.more == nullptr) return;
  std::erase_if(*entry.more, [](const Counts& c) { return c.routed == 0 && c.active == 0; });
  if (entry.first.routed == 0 && entry.first.active == 0 && !entry.more->empty()) {
    entry.first = entry.more->back();
    entry.more->pop_back();
  }
  if (entry.more->empty()) entry.more.reset();
}

bool InterestTable::IsEmpty(const Entry& entry) {
  return entry.more == nullptr && entry.first.routed == 0 && entry.first.active == 0;
}

InterestTable::Match InterestTable::Find(std::string_view topic, MatchScope scope) const {
  Match match;
  Gatherer gatherer(reactors_, match);
  {
    const Stripe& stripe = stripes_[StripeOf(topic)];
    MutexLock lock(stripe.mutex);
    if (const Entry* entry = stripe.literals.Find(topic); entry != nullptr) gatherer.Add(*entry);
  }
  if (scope == MatchScope::kAll && pattern_count_.load(std::memory_order_acquire) != 0) {
    ReaderLock lock(patterns_mutex_);
    patterns_.Match(topic, scope, [&](const Entry& entry) { gatherer.Add(entry); });
  }
  gatherer.Finish();
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
