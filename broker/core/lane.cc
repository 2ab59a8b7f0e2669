// SPDX-License-Identifier: Apache-2.0
#include "broker/core/lane.h"

#include <algorithm>
#include <utility>

#include "broker/core/mutant.h"
#include "broker/core/session.h"
#include "common/topic/topic.h"

namespace belfry::core {

namespace {

// What a frame adds to each record: a tag of one byte and a length of at most five.
constexpr size_t kFieldHeadBytesMax = 6;
// Holes are swept when they are more than half of a queue of at least so many places.
constexpr size_t kSweepFrom = 64;
// How many queued records the shares learn with each message that comes while the lane is nearly
// full: more than two, so that they know all when it is; and with each eviction, should they not.
// Few, because a fan-out may meet thousands of full lanes.
constexpr size_t kLearnedByPush = 4;
constexpr size_t kLearnedByEviction = 64;
// A warning is due at half of a bound, and again after less than a quarter was used.
constexpr size_t kWarnPart = 2;
constexpr size_t kCalmPart = 4;
// DROP_NEWEST takes messages again when less than half of its bounds is used, so that losses come
// in few long runs.
constexpr size_t kReopenPart = 2;

}  // namespace

size_t Lane::TopicKeyHash::operator()(const TopicKey& key) const {
  return TopicHash(key.topic) * 31 + TopicHash(key.key);
}

size_t Lane::bytes_with_shares() const {
  return shares_ == nullptr ? bytes_ : bytes_ + shares_->memory_bytes();
}

bool Lane::Fits(size_t cost) const {
  return live_ == 0 ||
         (bytes_with_shares() + cost <= bounds_.bytes_max && live_ < bounds_.messages_max);
}

bool Lane::Below(size_t part, Instant now) const {
  const int64_t parts = static_cast<int64_t>(part);
  return bytes_ * part < bounds_.bytes_max && live_ * part < bounds_.messages_max &&
         oldest_age(now) * parts < bounds_.age_max;
}

Duration Lane::oldest_age(Instant now) const {
  return entries_.empty() ? Duration(0) : LaneTime(now) - entries_.front().queued_at;
}

Lane::Pushed Lane::Push(Ref<const Record> record, Instant now) {
  Pushed pushed;
  if (policy_ == OverflowPolicy::kConflate) pushed.conflated = Replace(*record);
  const size_t cost = CostOf(*record);
  if (closed_ && Below(kReopenPart, now)) closed_ = false;
  if (Mutated(Mutant::kConflatedValueLost) && pushed.conflated != 0) return pushed;
  if (closed_ || !Fits(cost)) {
    switch (Mutated(Mutant::kPolicyIgnored) ? OverflowPolicy::kDropOldest : policy_) {
      case OverflowPolicy::kDisconnect:
        pushed.overflowed = !Mutated(Mutant::kDisconnectDrops);
        return pushed;
      case OverflowPolicy::kDropNewest:
        closed_ = true;
        LoseAtBack(*record);
        pushed.dropped = 1;
        return pushed;
      default:
        for (; !Fits(cost); ++pushed.dropped) Evict(&dropped_);
    }
  }
  Append(std::move(record), now);
  return pushed;
}

Lane::Pushed Lane::DropExpired(Instant now) {
  Pushed pushed;
  while (live_ != 0 && oldest_age(now) > bounds_.age_max) {
    if (policy_ == OverflowPolicy::kDisconnect) {
      pushed.overflowed = true;
      break;
    }
    const Ref<const Record> lost = PopFront();
    dropped_.Add(lost->topic(), 1);
    ++pushed.dropped;
  }
  dropped_total_ += pushed.dropped;
  if (pushed.dropped != 0) MergeFrontGaps();
  return pushed;
}

uint64_t Lane::ShedHalf() {
  const size_t half = bytes_ / 2;
  uint64_t lost = 0;
  for (; live_ != 0 && bytes_ > half; ++lost) Evict(&shed_);
  Trim();
  return lost;
}

void Lane::Trim() {
  entries_.ShrinkIfSparse();
  if (latest_.empty()) latest_ = {};
}

void Lane::Evict(Gap* told) {
  LearnShares(kLearnedByEviction);
  const Ref<const Record> lost =
      Remove(Mutated(Mutant::kWrongVictim) ? front_number_ : shares_->Heaviest().oldest);
  told->Add(lost->topic(), Mutated(Mutant::kGapMiscounted) ? 2 : 1);
  ++dropped_total_;
  MergeFrontGaps();
}

void Lane::LoseAtBack(const Record& record) {
  GapAtBack(GapCause::kOverflow).Add(record.topic(), 1);
  ++dropped_total_;
}

Gap& Lane::GapAtBack(GapCause cause) {
  for (auto gap = gaps_.rbegin(); gap != gaps_.rend() && gap->before == end_number(); ++gap) {
    if (gap->gap.cause == cause) return gap->gap;
  }
  gaps_.push_back(PlacedGap{end_number(), Gap{cause}});
  return gaps_.back().gap;
}

void Lane::PushGap(const Gap& gap) {
  if (!gap.empty()) GapAtBack(gap.cause).Merge(gap);
}

uint64_t Lane::Replace(const Record& record) {
  const auto found = latest_.find(TopicKey{record.topic(), record.key()});
  if (found == latest_.end()) return 0;
  if (Mutated(Mutant::kConflatesNothing)) {
    latest_.erase(found);
    return 0;
  }
  Remove(found->second);
  return 1;
}

void Lane::Append(Ref<const Record> record, Instant now) {
  bytes_ += CostOf(*record);
  ++live_;
  if (policy_ == OverflowPolicy::kConflate) {
    latest_.emplace(TopicKey{record->topic(), record->key()}, end_number());
  }
  entries_.push_back(Entry{std::move(record), LaneTime(now)});
  if (Evicts() && (shares_ != nullptr || NearFull())) LearnShares(kLearnedByPush);
}

Ref<const Record> Lane::Remove(uint64_t number) {
  Ref<const Record> record = std::move(At(number).record);
  if (InShares(number)) Unchain(number, *record);
  if (policy_ == OverflowPolicy::kConflate) {
    latest_.erase(TopicKey{record->topic(), record->key()});
  }
  bytes_ -= CostOf(*record);
  --live_;
  while (!entries_.empty() && !entries_.front().record) {
    entries_.pop_front();
    ++front_number_;
  }
  shares_end_ = std::max(shares_end_, front_number_);
  if (live_ == 0) shares_.reset();
  if (HolesPrevail()) SweepHoles();
  return record;
}

bool Lane::HolesPrevail() const {
  if (entries_.size() < kSweepFrom || entries_.size() <= 2 * live_) return false;
  // Not all at once: lanes that got the same messages differ by their sessions.
  return entries_.size() > 2 * live_ + live_ * (session_.id() % 16) / 16;
}

void Lane::MergeFrontGaps() {
  if (Mutated(Mutant::kGapsNotMerged)) return;
  auto kept = gaps_.begin();
  auto next = gaps_.begin();
  for (; next != gaps_.end() && next->before <= front_number_; ++next) {
    const auto same = std::find_if(gaps_.begin(), kept, [&](const PlacedGap& placed) {
      return placed.gap.cause == next->gap.cause;
    });
    if (next->gap.cause == GapCause::kOverflow) {
      dropped_.Merge(next->gap);
    } else if (next->gap.cause == GapCause::kMemory) {
      shed_.Merge(next->gap);
    } else if (same != kept) {
      same->gap.Merge(next->gap);
    } else {
      if (kept != next) *kept = std::move(*next);
      ++kept;
    }
  }
  gaps_.erase(kept, next);
}

Ref<const Record> Lane::PopFront() { return Remove(front_number_); }

void Lane::Chain(uint64_t number) {
  Entry& entry = At(number);
  TopicShares::Share& share = shares_->Of(entry.record->topic());
  entry.younger = entry.older = 0;
  if (share.records == 0) {
    share.oldest = number;
  } else {
    entry.older = static_cast<uint32_t>(number - share.newest);
    At(share.newest).younger = entry.older;
  }
  share.newest = number;
  shares_->Grow(share, CostOf(*entry.record));
}

void Lane::Unchain(uint64_t number, const Record& record) {
  const Entry& entry = At(number);
  TopicShares::Share& share = shares_->Of(record.topic());
  if (entry.older == 0) {
    share.oldest = number + entry.younger;
  } else {
    At(number - entry.older).younger = entry.younger == 0 ? 0 : entry.older + entry.younger;
  }
  if (entry.younger == 0) {
    share.newest = number - entry.older;
  } else {
    At(number + entry.younger).older = entry.older == 0 ? 0 : entry.older + entry.younger;
  }
  shares_->Shrink(record.topic(), share, CostOf(record));
}

bool Lane::NearFull() const {
  return live_ * 2 > bounds_.messages_max || bytes_ * 2 > bounds_.bytes_max;
}

void Lane::LearnShares(size_t records) {
  if (shares_ == nullptr) {
    shares_ = std::make_unique<TopicShares>();
    shares_end_ = front_number_;
  }
  for (; records > 0 && shares_end_ != end_number(); ++shares_end_) {
    if (!At(shares_end_).record) continue;
    Chain(shares_end_);
    --records;
  }
}

// Moves the records together. Numbers change, and with them everything that knows numbers.
void Lane::SweepHoles() {
  RingQueue<Entry> kept;
  auto gap = gaps_.begin();
  const uint64_t end = end_number();
  for (uint64_t number = front_number_; number != end; ++number) {
    for (; gap != gaps_.end() && gap->before <= number; ++gap) {
      gap->before = front_number_ + kept.size();
    }
    Entry& entry = At(number);
    if (!entry.record) continue;
    if (policy_ == OverflowPolicy::kConflate) {
      latest_[TopicKey{entry.record->topic(), entry.record->key()}] = front_number_ + kept.size();
    }
    kept.push_back(std::move(entry));
  }
  for (; gap != gaps_.end(); ++gap) gap->before = front_number_ + kept.size();
  if (Mutated(Mutant::kGapMovesInSweep) && !gaps_.empty()) ++gaps_.front().before;
  entries_ = std::move(kept);
  if (shares_ == nullptr) return;
  shares_.reset();
  LearnShares(entries_.size());
}

void Lane::Rest(Instant now) {
  if (resting_) return;
  resting_ = true;
  resting_since_ = now;
}

void Lane::Wake(Instant now) {
  if (!resting_) return;
  resting_ = false;
  rested_ += now - resting_since_;
}

void Lane::Clear() {
  shares_.reset();
  latest_.clear();
  entries_ = {};
  live_ = bytes_ = 0;
  dropped_ = Gap{GapCause::kOverflow};
  shed_ = Gap{GapCause::kMemory};
  gaps_.clear();
}

bool Lane::half_full(Instant now) const { return !Below(kWarnPart, now); }

bool Lane::TakeWarning(Instant now) {
  if (warned_) {
    warned_ = !Below(kCalmPart, now);
    return false;
  }
  return warned_ = half_full(now);
}

std::optional<Gap> Lane::TakeGap() {
  MergeFrontGaps();
  if (Mutated(Mutant::kGapLost)) dropped_ = Gap{GapCause::kOverflow};
  // Several may stand before the same record. Which goes first tells nothing: all are lost between
  // the same two messages.
  if (!dropped_.empty()) return std::exchange(dropped_, Gap{GapCause::kOverflow});
  if (!shed_.empty()) return std::exchange(shed_, Gap{GapCause::kMemory});
  if (gaps_.empty() || gaps_.front().before > front_number_) return std::nullopt;
  Gap gap = std::move(gaps_.front().gap);
  gaps_.erase(gaps_.begin());
  return gap;
}

void Lane::TakeRecords(size_t bytes_max, std::vector<Ref<const Record>>* out) {
  size_t bytes = 0;
  while (live_ != 0) {
    const uint64_t ahead = Mutated(Mutant::kGapBehindTheMessage) ? 1 : 0;
    if (!gaps_.empty() && gaps_.front().before + ahead <= front_number_) break;
    const size_t size = entries_.front().record->bytes().size() + kFieldHeadBytesMax;
    if (bytes != 0 && bytes + size > bytes_max) break;
    bytes += size;
    out->push_back(PopFront());
  }
}

}  // namespace belfry::core
