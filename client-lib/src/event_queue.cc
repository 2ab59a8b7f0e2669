// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/event_queue.h"

#include <algorithm>
#include <iterator>
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

size_t EventQueue::PushMessage(const std::shared_ptr<const DeliverBatch>& batch, uint32_t index) {
  const Record& record = batch->records[index];
  const size_t cost = CostOf(record);
  size_t dropped = 0;
  while (Full(cost)) {
    DropOldest();
    ++dropped;
  }
  QueuedEvent event;
  const size_t frame_bytes = batch->frame.bytes.size();
  if (SameOwner(charged_, batch)) {
    event.record = RecordOf(batch, index);
  } else if (held_bytes_ + frame_bytes <= bytes_max_ || frame_bytes <= 2 * record.encoded.size()) {
    charged_ = batch;
    event.held_bytes = frame_bytes;
    held_bytes_ += frame_bytes;
    event.record = RecordOf(batch, index);
  } else {
    event.record = CopyRecord(record);
  }
  bytes_ += cost;
  ++messages_;
  events_.push_back(std::move(event));
  return dropped;
}

void EventQueue::PushGap(Gap gap) {
  size_t run = events_.size();
  while (run > 0 && events_[run - 1].kind != Kind::kMessage) --run;
  if (Gap* same = FindGap(run, events_.size(), gap.cause)) {
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
  const size_t count = std::min(max, events_.size());
  for (size_t i = 0; i < count; ++i) {
    Forget(events_.front());
    out->push_back(std::move(events_.front()));
    events_.pop_front();
  }
}

void EventQueue::Clear() {
  events_.clear();
  messages_ = bytes_ = held_bytes_ = 0;
  charged_.reset();
}

void EventQueue::DropOldest() {
  size_t at = 0;
  while (events_[at].kind != Kind::kMessage) ++at;
  QueuedEvent& oldest = events_[at];
  const std::shared_ptr<const Record> record = std::move(oldest.record);
  bytes_ -= CostOf(*record);
  --messages_;
  held_bytes_ -= oldest.held_bytes;
  if (Gap* same = FindGap(0, at, GapCause::kLocalOverflow)) {
    AddOne(*same, record->view.topic);
    events_.erase(events_.begin() + at);
  } else {
    oldest.kind = Kind::kGap;
    oldest.gap = std::make_unique<Gap>(GapOfOne(GapCause::kLocalOverflow, record->view.topic));
    oldest.held_bytes = 0;
    ++at;
  }
  MergeRun(at);
}

void EventQueue::MergeRun(size_t at) {
  while (at < events_.size() && events_[at].kind != Kind::kMessage) {
    Gap* same = events_[at].kind == Kind::kGap ? FindGap(0, at, events_[at].gap->cause) : nullptr;
    if (same == nullptr) {
      ++at;
      continue;
    }
    MergeGap(*same, *events_[at].gap);
    events_.erase(events_.begin() + at);
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

void EventQueue::Forget(const QueuedEvent& event) {
  if (event.kind != Kind::kMessage) return;
  bytes_ -= CostOf(*event.record);
  --messages_;
  held_bytes_ -= event.held_bytes;
}

}  // namespace belfry::client
