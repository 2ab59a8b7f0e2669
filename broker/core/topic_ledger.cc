// SPDX-License-Identifier: Apache-2.0
#include "broker/core/topic_ledger.h"

#include <utility>

#include "common/topic/topic.h"

namespace belfry::core {
namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
// Topics looked at in one tick, read in order: some 50 µs, and a hundred thousand are gone through
// in half a minute.
constexpr size_t kLooksPerTick = 4096;
// What it costs to forget one is more.
constexpr size_t kForgetsPerTick = 1024;
// Memory for fewer is never worth giving back.
constexpr size_t kShrinkFrom = 1024;

}  // namespace

TopicLedger::TopicLedger(std::atomic<size_t>& tracked, size_t tracked_max, Instant now)
    : tracked_(tracked), tracked_max_(tracked_max), began_(now) {
  count_began_.fill(now);
}

TopicLedger::~TopicLedger() { tracked_.fetch_sub(topics_.size(), std::memory_order_relaxed); }

bool TopicLedger::IsRemembered(uint32_t second) const {
  return (second_ - second) * kSecond <= kRemembered;
}

// ---- topics come and go

TopicLedger::Place TopicLedger::Track(std::string_view text, uint64_t hash) {
  // Looked at first: a full node must not have every publish write to a shared line.
  const bool full = tracked_.load(std::memory_order_relaxed) >= tracked_max_;
  if (full || tracked_.fetch_add(1, std::memory_order_relaxed) >= tracked_max_) {
    if (!full) tracked_.fetch_sub(1, std::memory_order_relaxed);
    missed_ = true;
    missed_at_ = second_;
    return kNowhere;
  }
  const auto place = static_cast<Place>(topics_.size());
  index_.emplace(hash, place);
  topics_.push_back(Topic{.hash = hash, .second = second_});
  names_.emplace_back(text);
  return place;
}

void TopicLedger::Forget(Place place) {
  index_.erase(topics_[place].hash);
  if (const size_t last = topics_.size() - 1; place != last) {
    topics_[place] = topics_[last];
    names_[place] = std::move(names_[last]);
    index_[topics_[place].hash] = place;
  }
  topics_.pop_back();
  names_.pop_back();
  tracked_.fetch_sub(1, std::memory_order_relaxed);
}

// Gives memory back once little of it is used.
void TopicLedger::Shrink() {
  if (topics_.capacity() <= kShrinkFrom || topics_.size() >= topics_.capacity() / 8) return;
  topics_.shrink_to_fit();
  names_.shrink_to_fit();
  index_.rehash(0);
}

// ---- time

void TopicLedger::Tick(Instant now) {
  const auto second = static_cast<uint32_t>((now - began_) / kSecond);
  const uint32_t newest = second / kSecondsPerCount;
  const uint32_t before = second_ / kSecondsPerCount;
  for (uint32_t i = 0; i < std::min<uint32_t>(newest - before, kCounts); ++i) {
    count_began_[(newest - i) % kCounts] = now;
  }
  second_ = second;
  count_ = newest % kCounts;
  const size_t looks = std::min(kLooksPerTick, topics_.size());
  size_t forgotten = 0;
  for (size_t i = 0; i < looks && forgotten < kForgetsPerTick; ++i) {
    if (next_look_ == 0 || next_look_ > topics_.size()) next_look_ = topics_.size();
    --next_look_;
    if (IsRemembered(topics_[next_look_].second)) continue;
    Forget(static_cast<Place>(next_look_));
    ++forgotten;
  }
  Shrink();
}

// Empties the counts of times in which nothing came.
void TopicLedger::AdvanceTo(Topic& topic) const {
  const uint32_t newest = second_ / kSecondsPerCount;
  const uint32_t passed = newest - topic.second / kSecondsPerCount;
  for (uint32_t i = 0; i < std::min<uint32_t>(passed, kCounts); ++i) {
    topic.counts[(newest - i) % kCounts] = 0;
  }
  topic.second = second_;
}

// ---- what operators see

std::optional<TopicLedger::Published> TopicLedger::Find(std::string_view text, Instant now) const {
  const auto found = index_.find(TopicHash(text));
  if (found == index_.end()) return std::nullopt;
  const Topic& topic = topics_[found->second];
  if (!IsRemembered(topic.second)) return std::nullopt;
  return PublishedOf(topic, now);
}

TopicLedger::Published TopicLedger::PublishedOf(const Topic& topic, Instant now) const {
  return {.messages = topic.messages,
          .per_second = PerSecond(topic, now),
          .age = now - (began_ + topic.second * kSecond)};
}

double TopicLedger::PerSecond(const Topic& topic, Instant now) const {
  Topic as_of_now = topic;
  if (topic.second != second_) AdvanceTo(as_of_now);
  uint64_t messages = 0;
  for (const uint32_t count : as_of_now.counts) messages += count;
  const Instant since = *std::min_element(count_began_.begin(), count_began_.end());
  const double seconds = std::chrono::duration<double>(now - since).count();
  return seconds > 0 ? static_cast<double>(messages) / seconds : 0.0;
}

}  // namespace belfry::core
