// SPDX-License-Identifier: Apache-2.0
#include "broker/core/lane.h"

#include <utility>

namespace belfry::core {

namespace {

// What a frame adds to each record: a tag of one byte and a length of at most five.
constexpr size_t kFieldHeadBytesMax = 6;

}  // namespace

uint64_t Lane::Push(Ref<const Record> record, Instant now) {
  uint64_t dropped = 0;
  const size_t size = record->memory_bytes();
  while (!records_.empty() &&
         (bytes_ + size > bounds_.bytes_max || records_.size() >= bounds_.messages_max)) {
    DropFront();
    ++dropped;
  }
  bytes_ += size;
  records_.push_back(Entry{std::move(record), now});
  return dropped;
}

uint64_t Lane::DropExpired(Instant now) {
  uint64_t dropped = 0;
  while (!records_.empty() && now - records_.front().queued_at > bounds_.age_max) {
    DropFront();
    ++dropped;
  }
  return dropped;
}

void Lane::Clear() {
  records_ = {};
  bytes_ = 0;
  dropped_.Take();
  gaps_.clear();
}

void Lane::DropFront() {
  Entry entry = records_.pop_front();
  bytes_ -= entry.record->memory_bytes();
  ++front_number_;
  dropped_.Add(entry.record->topic(), 1);
}

void Lane::PushGap(Gap gap) {
  gaps_.push_back(PlacedGap{front_number_ + records_.size(), std::move(gap)});
}

std::optional<Gap> Lane::TakeGap() {
  // Both kinds may stand before the same record. Which goes first tells nothing: both are lost
  // between the same two messages.
  if (!dropped_.empty()) return dropped_.Take();
  if (gaps_.empty() || gaps_.front().before > front_number_) return std::nullopt;
  Gap gap = std::move(gaps_.front().gap);
  gaps_.erase(gaps_.begin());
  return gap;
}

void Lane::TakeRecords(size_t bytes_max, std::vector<Ref<const Record>>* out) {
  size_t bytes = 0;
  while (!records_.empty()) {
    if (!gaps_.empty() && gaps_.front().before <= front_number_) break;
    const size_t size = records_.front().record->bytes().size() + kFieldHeadBytesMax;
    if (bytes != 0 && bytes + size > bytes_max) break;
    bytes += size;
    Entry entry = records_.pop_front();
    bytes_ -= entry.record->memory_bytes();
    ++front_number_;
    out->push_back(std::move(entry.record));
  }
}

}  // namespace belfry::core
