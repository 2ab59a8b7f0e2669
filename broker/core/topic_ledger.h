// SPDX-License-Identifier: Apache-2.0
//
// Which topics are published to through one reactor, how much and how lately: for operators, and
// for nothing else. A topic that nobody has published to for ten minutes is forgotten, and all
// ledgers of a node together track at most `limits.topics`. A topic beyond that is not tracked; its
// messages go their way all the same.
//
// It stands on the path of every publish, and with many topics its memory is cold there. So a known
// topic is half a cache line, found by its hash alone, and a publish asks for it long before it
// needs it: Prefetch, Locate, Note, with other work between. Two topics of the same 64-bit hash
// would count as one; among a hundred thousand the odds are one in four billion.
//
//   index: hash ─▶ place        topics, without holes:  | t | t | t | t |
//   t = hash, messages, second of the last one, counts of the last three times four seconds
//                                                         | 30 | 12 | 7 |  still filling
//
// Time moves by Tick, about once a second, so that a publish reads no clock: times are true to
// within two seconds. A rate is what the three counts hold over the time that they really cover, so
// that a late tick does not bend it.
//
// Threads: Confined to its broker's reactor; the count of the node is shared. Ownership: by its
// broker; the count outlives it.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"

namespace belfry::core {

class TopicLedger {
 public:
  static constexpr Duration kRemembered = std::chrono::minutes(10);

  struct Published {
    // Since the topic has been tracked.
    uint64_t messages = 0;
    // Averaged over the last 8 to 13 seconds, or since the ledger was made.
    double per_second = 0;
    // Of the last message.
    Duration age{0};
  };

  // `tracked`: by all ledgers of the node; each topic of each ledger takes one of `tracked_max`
  // places.
  TopicLedger(std::atomic<size_t>& tracked, size_t tracked_max, Instant now);
  ~TopicLedger();
  TopicLedger(const TopicLedger&) = delete;
  TopicLedger& operator=(const TopicLedger&) = delete;

  using Place = uint32_t;

  // The steps of a publish to the topic with this TopicHash; no other function may come between.
  void Prefetch(uint64_t hash) const { index_.prefetch(hash); }
  Place Locate(uint64_t hash) const {
    const auto found = index_.find(hash);
    if (found == index_.end()) return kNowhere;
    __builtin_prefetch(&topics_[found->second], /*write=*/1);
    return found->second;
  }
  // False: the topic is not tracked, because all places are taken.
  bool Note(Place place, std::string_view text, uint64_t hash) {
    if (place == kNowhere && (place = Track(text, hash)) == kNowhere) return false;
    Topic& topic = topics_[place];
    if (topic.second != second_) AdvanceTo(topic);
    ++topic.messages;
    ++topic.counts[count_];
    return true;
  }
  // Moves time on, and forgets topics of long ago; the work is bounded, so that some may go many
  // ticks late. They are not shown meanwhile.
  void Tick(Instant now);

  size_t size() const { return topics_.size(); }
  // A topic went untracked in the time that is remembered.
  bool missed_lately() const { return missed_ && IsRemembered(missed_at_); }
  // None: nothing was published to it that is remembered.
  std::optional<Published> Find(std::string_view topic, Instant now) const;

  // visit(std::string_view, const Published&), for some of the topics: begin with kFromTheEnd, go
  // on with what is returned; 0 is the end. `count` topics are looked at. A topic that is there all
  // the while is visited at least once: twice if others were forgotten between two parts.
  static constexpr size_t kFromTheEnd = std::numeric_limits<size_t>::max();
  template <class Visit>
  size_t VisitBefore(size_t place, size_t count, Instant now, Visit&& visit) const {
    const size_t end = std::min(place, topics_.size());
    const size_t begin = end - std::min(end, count);
    for (size_t i = end; i-- > begin;) {
      if (IsRemembered(topics_[i].second)) {
        visit(std::string_view(names_[i]), PublishedOf(topics_[i], now));
      }
    }
    return begin;
  }

 private:
  static constexpr uint32_t kSecondsPerCount = 4;
  static constexpr size_t kCounts = 3;
  static constexpr Place kNowhere = std::numeric_limits<Place>::max();

  struct alignas(32) Topic {
    uint64_t hash = 0;
    uint64_t messages = 0;
    // Of the last message; seconds since the ledger was made.
    uint32_t second = 0;
    // Of the four seconds that hold `second`, and of those before; a ring.
    std::array<uint32_t, kCounts> counts{};
  };
  static_assert(sizeof(Topic) == 32, "two to a cache line, none across two");

  // A TopicHash is a hash already.
  struct AsItIs {
    size_t operator()(uint64_t hash) const { return hash; }
  };

  bool IsRemembered(uint32_t second) const;
  Published PublishedOf(const Topic& topic, Instant now) const;
  double PerSecond(const Topic& topic, Instant now) const;
  Place Track(std::string_view text, uint64_t hash);
  void Forget(Place place);
  void Shrink();
  void AdvanceTo(Topic& topic) const;

  std::atomic<size_t>& tracked_;
  const size_t tracked_max_;
  const Instant began_;
  // As of the last tick, and which of the counts is filling.
  uint32_t second_ = 0;
  size_t count_ = 0;
  // When which count began to fill.
  std::array<Instant, kCounts> count_began_{};
  bool missed_ = false;
  uint32_t missed_at_ = 0;
  absl::flat_hash_map<uint64_t, Place, AsItIs> index_;
  // By place. The last one moves where one is forgotten, so a walk from the end misses none.
  std::vector<Topic> topics_;
  std::vector<std::string> names_;
  // Where the walk that forgets goes on.
  size_t next_look_ = 0;
};

}  // namespace belfry::core
