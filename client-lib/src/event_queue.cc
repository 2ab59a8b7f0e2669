// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/event_queue.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "client-lib/src/gap_merge.h"

namespace belfry::client {
namespace {

size_t CostOf(const Record& record) { return record.encoded.size() + EventQueue::kOverheadBytes; }

bool SameOwner(const std::weak_ptr<const DeliverBatch>& a,
               const std::shared_ptr<const DeliverBatch>& b) {
  return !a.owner_before(b) && !b.owner_before(a);
}

}  // namespace

size_t EventQueue::KeyHash::operator()(const Key& key) const {
  const std::hash<std::string_view> hash;
  // Fibonacci hashing's multiplier keeps (a, b) and (b, a) apart.
  return hash(key.topic) * 0x9E3779B97F4A7C15 + hash(key.key);
}

EventQueue::Pushed EventQueue::PushMessage(const std::shared_ptr<const DeliverBatch>& batch,
                                           uint32_t index) {
  const Record& record = batch->records[index];
  const size_t cost = CostOf(record);
  Pushed pushed;
  if (policy_ == OverflowPolicy::kConflate) {
    pushed.replaced = Replace(Key{record.view.topic, record.view.key});
  }
  if (shut_ && HalfFree()) shut_ = false;
  if (policy_ == OverflowPolicy::kDropNewest && (shut_ || Full(cost))) {
    shut_ = true;
    DropNewest(record.view.topic);
    pushed.dropped = 1;
    return pushed;
  }
  if (policy_ == OverflowPolicy::kDisconnect && Full(cost)) {
    pushed.refused = true;
    return pushed;
  }
  while (Full(cost)) {
    DropOldest();
    ++pushed.dropped;
  }
  Append(batch, index);
  return pushed;
}

void EventQueue::Append(const std::shared_ptr<const DeliverBatch>& batch, uint32_t index) {
  const Record& record = batch->records[index];
  QueuedEvent event;
  const size_t frame_bytes = batch->frame.bytes.size();
  if (policy_ == OverflowPolicy::kConflate) {
    // Any of a frame's messages may be the one that stays, and would keep all of it.
    event.record =
        frame_bytes <= 2 * record.encoded.size() ? RecordOf(batch, index) : CopyRecord(record);
  } else if (SameOwner(charged_, batch)) {
    event.record = RecordOf(batch, index);
  } else if (held_bytes_ + frame_bytes <= bytes_max_ || frame_bytes <= 2 * record.encoded.size()) {
    charged_ = batch;
    event.held_bytes = frame_bytes;
    held_bytes_ += frame_bytes;
    event.record = RecordOf(batch, index);
  } else {
    event.record = CopyRecord(record);
  }
  bytes_ += CostOf(record);
  ++messages_;
  if (policy_ == OverflowPolicy::kConflate) {
    const wire::MessageView& view = event.record->view;
    places_.insert_or_assign(Key{view.topic, view.key}, first_place_ + events_.size());
  }
  events_.push_back(std::move(event));
}

void EventQueue::DropNewest(std::string_view topic) {
  if (Gap* same = FindGap(TailRun(), events_.size(), GapCause::kLocalOverflow)) {
    AddOne(*same, topic);
  } else {
    PushGap(GapOfOne(GapCause::kLocalOverflow, topic));
  }
}

bool EventQueue::Replace(const Key& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) return false;
  const uint64_t place = found->second;
  QueuedEvent& event = events_[place - first_place_];
  Release(event, place);
  event.kind = Kind::kReplaced;
  ++replaced_;
  CompactReplaced();
  return true;
}

void EventQueue::CompactReplaced() {
  while (!events_.empty() && events_.front().kind == Kind::kReplaced) {
    EraseAt(0);
    --replaced_;
  }
  // Fewer are not worth a pass over the queue; and as many as there are messages make it worth one,
  // however many gaps they leave behind.
  constexpr size_t kReplacedMin = 64;
  if (replaced_ < std::max(kReplacedMin, messages_)) return;
  std::deque<QueuedEvent> all;
  all.swap(events_);
  replaced_ = 0;
  for (QueuedEvent& event : all) {
    if (event.kind == Kind::kReplaced) continue;
    if (event.kind == Kind::kGap) {
      // The message that kept it from the gap before may be one of the replaced.
      PushGap(std::move(*event.gap));
      continue;
    }
    if (event.kind == Kind::kMessage) {
      const wire::MessageView& view = event.record->view;
      places_[Key{view.topic, view.key}] = first_place_ + events_.size();
    }
    events_.push_back(std::move(event));
  }
}

size_t EventQueue::TailRun() const {
  size_t run = events_.size();
  while (run > 0 && events_[run - 1].kind != Kind::kMessage) --run;
  return run;
}

void EventQueue::PushGap(Gap gap) {
  if (Gap* same = FindGap(TailRun(), events_.size(), gap.cause)) {
    MergeGap(*same, gap);
    return;
  }
  QueuedEvent event;
  event.kind = Kind::kGap;
  event.gap = std::make_unique<Gap>(std::move(gap));
  events_.push_back(std::move(event));
}

void EventQueue::PushControl(Kind kind) {
  QueuedEvent event;
  event.kind = kind;
  events_.push_back(std::move(event));
}

void EventQueue::Take(size_t max, std::vector<QueuedEvent>* out) {
  out->reserve(out->size() + std::min(max, events_.size()));
  for (size_t taken = 0; taken < max && !events_.empty();) {
    QueuedEvent& front = events_.front();
    if (front.kind == Kind::kBarrier) return;
    if (front.kind == Kind::kReplaced) {
      --replaced_;
    } else {
      QueuedEvent& event = out->emplace_back();
      event.kind = front.kind;
      event.gap = std::move(front.gap);
      if (front.kind == Kind::kMessage) event.record = Release(front, first_place_);
      ++taken;
    }
    EraseAt(0);
  }
}

bool EventQueue::TakeBarrier() {
  if (events_.empty() || events_.front().kind != Kind::kBarrier) return false;
  EraseAt(0);
  return true;
}

void EventQueue::Clear() {
  places_.clear();
  events_.clear();
  messages_ = bytes_ = held_bytes_ = replaced_ = 0;
  charged_.reset();
}

void EventQueue::DropOldest() {
  size_t at = 0;
  while (events_[at].kind != Kind::kMessage) {
    if (events_[at].kind == Kind::kReplaced) {
      EraseAt(at);
      --replaced_;
    } else {
      ++at;
    }
  }
  QueuedEvent& oldest = events_[at];
  const std::shared_ptr<const Record> record = Release(oldest, first_place_ + at);
  if (Gap* same = FindGap(0, at, GapCause::kLocalOverflow)) {
    AddOne(*same, record->view.topic);
    EraseAt(at);
  } else {
    oldest.kind = Kind::kGap;
    oldest.gap = std::make_unique<Gap>(GapOfOne(GapCause::kLocalOverflow, record->view.topic));
    ++at;
  }
  MergeRun(at);
}

void EventQueue::EraseAt(size_t at) {
  // What stands before `at` moves up by one place; no message is among it, and only those are
  // looked for by place.
  events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(at));
  ++first_place_;
}

void EventQueue::MergeRun(size_t at) {
  while (at < events_.size() && events_[at].kind != Kind::kMessage) {
    Gap* same = events_[at].kind == Kind::kGap ? FindGap(0, at, events_[at].gap->cause) : nullptr;
    if (same == nullptr) {
      ++at;
      continue;
    }
    MergeGap(*same, *events_[at].gap);
    EraseAt(at);
  }
}

Gap* EventQueue::FindGap(size_t begin, size_t end, GapCause cause) {
  for (size_t i = begin; i < end; ++i) {
    if (events_[i].kind == Kind::kGap && events_[i].gap->cause == cause) {
      return events_[i].gap.get();
    }
  }
  return nullptr;
}

std::shared_ptr<const Record> EventQueue::Release(QueuedEvent& event, uint64_t place) {
  std::shared_ptr<const Record> record = std::move(event.record);
  bytes_ -= CostOf(*record);
  --messages_;
  held_bytes_ -= std::exchange(event.held_bytes, 0);
  if (policy_ == OverflowPolicy::kConflate) {
    const auto found = places_.find(Key{record->view.topic, record->view.key});
    if (found != places_.end() && found->second == place) places_.erase(found);
  }
  return record;
}

}  // namespace belfry::client
