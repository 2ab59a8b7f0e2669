// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/strand_set.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "client-lib/src/gap_merge.h"
#include "common/check.h"

namespace belfry::client {
namespace {

// Messages are bounded, barriers between them would not be. Beyond this a gap joins the last one of
// its cause: it is told a little before its place, which whoever then looks at the current state
// cannot notice.
constexpr size_t kBarriersMax = 64;

}  // namespace

StrandSet::StrandSet(OverflowPolicy policy, size_t strands, size_t messages_max, size_t bytes_max) {
  BELFRY_CHECK(strands > 0);
  for (size_t i = 0; i < strands; ++i) {
    strands_.emplace_back(policy, std::max<size_t>(1, messages_max / strands), bytes_max / strands);
  }
}

size_t StrandSet::StrandOf(std::string_view topic) const {
  return strands_.size() == 1 ? 0 : std::hash<std::string_view>()(topic) % strands_.size();
}

void StrandSet::PostIfDue(size_t strand, Posts* posts) {
  Strand& chosen = strands_[strand];
  if (chosen.posted || chosen.waiting || chosen.queue.empty()) return;
  chosen.posted = true;
  posts->push_back(strand);
}

EventQueue::Pushed StrandSet::PushMessage(const std::shared_ptr<const DeliverBatch>& batch,
                                          uint32_t index, Posts* posts) {
  const size_t strand = StrandOf(batch->records[index].view.topic);
  const EventQueue::Pushed pushed = strands_[strand].queue.PushMessage(batch, index);
  PostIfDue(strand, posts);
  return pushed;
}

void StrandSet::PushGap(Gap gap, Posts* posts) {
  if (strands_.size() == 1) {
    strands_[0].queue.PushGap(std::move(gap));
    return PostIfDue(0, posts);
  }
  if (gap.topics.empty()) {
    const auto same = std::find_if(barriers_.rbegin(), barriers_.rend(), [&](const auto& barrier) {
      return barrier.kind == QueuedEvent::Kind::kGap && barrier.gap->cause == gap.cause;
    });
    if (barriers_.size() >= kBarriersMax && same != barriers_.rend()) {
      return MergeGap(*same->gap, gap);
    }
    QueuedEvent event;
    event.kind = QueuedEvent::Kind::kGap;
    event.gap = std::make_unique<Gap>(std::move(gap));
    return PushToAll(std::move(event), posts);
  }
  std::map<size_t, Gap> parts;
  for (TopicGap& topic : gap.topics) {
    Gap& part = parts.try_emplace(StrandOf(topic.topic), Gap{gap.cause, {}, 0}).first->second;
    *part.count += topic.count;
    part.topics.push_back(std::move(topic));
  }
  for (auto& [strand, part] : parts) {
    strands_[strand].queue.PushGap(std::move(part));
    PostIfDue(strand, posts);
  }
}

void StrandSet::PushControl(QueuedEvent::Kind kind, Posts* posts) {
  if (strands_.size() == 1) {
    strands_[0].queue.PushControl(kind);
    return PostIfDue(0, posts);
  }
  QueuedEvent event;
  event.kind = kind;
  PushToAll(std::move(event), posts);
}

void StrandSet::PushToAll(QueuedEvent event, Posts* posts) {
  barriers_.push_back(std::move(event));
  for (size_t i = 0; i < strands_.size(); ++i) {
    strands_[i].queue.PushControl(QueuedEvent::Kind::kBarrier);
    PostIfDue(i, posts);
  }
}

void StrandSet::Begin(size_t strand, size_t max, std::vector<QueuedEvent>* out) {
  ++running_;
  Strand& begun = strands_[strand];
  begun.queue.Take(max, out);
  if (!out->empty() || !begun.queue.TakeBarrier()) return;
  begun.waiting = true;
  if (++waiting_ < strands_.size()) return;
  releasing_ = strand;
  out->push_back(std::move(barriers_.front()));
  barriers_.pop_front();
}

void StrandSet::End(size_t strand, Posts* posts) {
  --running_;
  strands_[strand].posted = false;
  if (releasing_ == strand) {
    releasing_.reset();
    waiting_ = 0;
    for (Strand& released : strands_) released.waiting = false;
    for (size_t i = 0; i < strands_.size(); ++i) PostIfDue(i, posts);
    return;
  }
  PostIfDue(strand, posts);
}

void StrandSet::Clear() {
  for (Strand& strand : strands_) strand.queue.Clear();
  barriers_.clear();
}

size_t StrandSet::messages() const {
  size_t messages = 0;
  for (const Strand& strand : strands_) messages += strand.queue.messages();
  return messages;
}

}  // namespace belfry::client
