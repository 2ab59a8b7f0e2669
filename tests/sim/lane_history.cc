// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/lane_history.h"

#include <algorithm>

namespace belfry::sim {
namespace {

// A share in the lane's books may be outweighed by another up to this factor and still pay (see
// broker/core/topic_shares.h), and our costs are estimates.
constexpr uint64_t kUnfairFactor = 4;

}  // namespace

void LaneHistory::Owe(const Message& message, int64_t since, bool refused) {
  auto found = topics_.find(message.topic);
  if (found == topics_.end()) found = topics_.emplace(std::string(message.topic), Topic{}).first;
  Topic& topic = found->second;
  Owed owed;
  owed.id = message.id;
  owed.cost_through = topic.CostOfFirst(topic.owed.size()) + message.cost;
  owed.since = since;
  owed.refused = refused;
  if (conflates()) {
    owed.key = message.key;
    topic.latest[owed.key] = topic.owed.size();
  }
  topic.owed.push_back(std::move(owed));
}

void LaneHistory::OweLost(std::string_view name, uint64_t count) {
  Topic& topic = topics_[std::string(name)];
  for (; count > 0; --count) {
    Owed owed;
    owed.cost_through = topic.CostOfFirst(topic.owed.size());
    owed.since = topic.owed.empty() ? 0 : topic.owed.back().since;
    topic.owed.push_back(std::move(owed));
  }
}

void LaneHistory::Evicted(uint64_t count) {
  pending_evictions_ += count;
  // At the least, the heaviest topic had this much queued when the last of them was evicted.
  const uint64_t unplaced = told_in_total_ + pending_evictions_ + free_evictions_;
  uint64_t heaviest = 0;
  for (const auto& [name, topic] : topics_) {
    const size_t lost = topic.next + topic.told + unplaced;
    if (lost >= topic.owed.size()) continue;
    heaviest = std::max(heaviest, topic.CostOfFirst(topic.owed.size()) - topic.CostOfFirst(lost));
  }
  for (auto& [name, topic] : topics_) {
    const size_t gone = std::min(topic.next + topic.told, topic.owed.size());
    const uint64_t most = topic.CostOfFirst(topic.owed.size()) - topic.CostOfFirst(gone);
    if (most * kUnfairFactor >= heaviest) topic.evictable += count;
  }
}

void LaneHistory::Deliver(const Message& message) {
  Topic& topic = topics_.find(message.topic)->second;
  const size_t index = IndexOf(topic, message.id);
  const uint64_t must = MustBeTold(topic, index);
  // What the topic's own gaps do not explain, a total does.
  if (index > topic.loose && must > topic.told) {
    told_in_total_ -= std::min(told_in_total_, must - topic.told);
  }
  topic.told = 0;
  topic.owed[index].delivered = true;
  topic.next = index + 1;
  delivered_through_[message.publisher] = message.sequence;
}

void LaneHistory::Tell(const core::Gap& gap) {
  if (gap.cause == core::GapCause::kReconnect) reconnect_due_ = false;
  if (gap.cause == core::GapCause::kOverflow || gap.cause == core::GapCause::kMemory) {
    told_dropped_ += gap.count;
  }
  if (!gap.count_known) {
    for (auto& [name, topic] : topics_) topic.loose = topic.owed.size();
  } else if (gap.topics.empty()) {
    told_in_total_ += gap.count;
  }
  for (const core::TopicGap& told : gap.topics) topics_[told.topic].told += told.count;
  if (gap.cause != core::GapCause::kOverflow) return;
  pending_evictions_ = free_evictions_ = 0;
  for (auto& [name, topic] : topics_) topic.evictable = 0;
}

const LaneHistory::Topic* LaneHistory::Find(std::string_view topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? nullptr : &found->second;
}

size_t LaneHistory::IndexOf(const Topic& topic, uint64_t id) const {
  for (size_t i = topic.next; i < topic.owed.size(); ++i) {
    if (topic.owed[i].id == id) return i;
  }
  for (size_t i = topic.next; i-- > 0;) {
    if (topic.owed[i].id == id) return i;
  }
  return topic.owed.size();
}

uint64_t LaneHistory::DeliveredThrough(uint64_t publisher) const {
  const auto found = delivered_through_.find(publisher);
  return found == delivered_through_.end() ? 0 : found->second;
}

uint64_t LaneHistory::MustBeTold(const Topic& topic, size_t index) const {
  if (!conflates()) return index - topic.next;
  uint64_t count = 0;
  for (size_t i = topic.next; i < index; ++i) {
    const Owed& owed = topic.owed[i];
    const auto latest = topic.latest.find(owed.key);
    if (owed.id == 0 || latest == topic.latest.end() || latest->second == i) ++count;
  }
  return count;
}

uint64_t LaneHistory::outstanding() const {
  uint64_t count = 0;
  for (const auto& [name, topic] : topics_) count += topic.outstanding();
  return count;
}

int64_t LaneHistory::OldestAge(int64_t now) const {
  int64_t oldest = 0;
  for (const auto& [name, topic] : topics_) {
    const size_t front = topic.next + (conflates() ? 0 : topic.told);
    if (front < topic.owed.size()) oldest = std::max(oldest, now - topic.owed[front].since);
  }
  return oldest;
}

}  // namespace belfry::sim
