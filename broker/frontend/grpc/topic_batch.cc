// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/topic_batch.h"

#include <algorithm>
#include <utility>

#include "common/topic/filter.h"

namespace belfry::frontend::grpc {
namespace {

// Beside the text: its string, its numbers and its share of the tree's free room.
constexpr size_t kTopicBytes = 128;

size_t CostOf(const std::string& name) { return name.size() + kTopicBytes; }

}  // namespace

bool TopicRange::Holds(std::string_view topic) const {
  return topic > after && (below.empty() || topic < below) &&
         (filter.empty() || Matches({FilterKind::kWildcard, filter}, topic));
}

void PublishedSum::Add(const core::TopicLedger::Published& published) {
  age = messages == 0 ? published.age : std::min(age, published.age);
  messages += published.messages;
  per_second += published.per_second;
}

TopicBatch::Topic* TopicBatch::FindOrInsert(std::string_view name) {
  if (!range_.Holds(name)) return nullptr;
  const auto [place, inserted] = topics_.try_emplace(std::string(name));
  if (!inserted) return &place->second;
  bytes_ += CostOf(place->first);
  if (bytes_ <= bytes_max_) return &place->second;
  // Never the only one, so that every batch has at least one.
  while (bytes_ > bytes_max_ && topics_.size() > 1) {
    const auto last = std::prev(topics_.end());
    bytes_ -= CostOf(last->first);
    range_.below = last->first;
    topics_.erase(last);
  }
  const auto kept = topics_.find(std::string(name));
  return kept == topics_.end() ? nullptr : &kept->second;
}

void TopicBatch::Add(std::string_view topic) { FindOrInsert(topic); }

void TopicBatch::Add(std::string_view name, core::DestinationId reactor,
                     const core::TopicLedger::Published& published) {
  Topic* const topic = FindOrInsert(name);
  if (topic == nullptr || topic->reactors_through > reactor) return;
  topic->reactors_through = reactor + uint32_t{1};
  topic->published.Add(published);
}

bool TopicBatch::TakeFirst(std::string* name, PublishedSum* published) {
  if (topics_.empty()) return false;
  const auto first = topics_.begin();
  bytes_ -= CostOf(first->first);
  *name = range_.after = first->first;
  *published = first->second.published;
  topics_.erase(first);
  return true;
}

bool TopicBatch::NextBatch() { return !std::exchange(range_.below, {}).empty(); }

}  // namespace belfry::frontend::grpc
