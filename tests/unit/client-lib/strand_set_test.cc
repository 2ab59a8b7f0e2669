// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/strand_set.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "client-lib/src/gap_merge.h"
#include "tests/unit/client-lib/queue_lines.h"

namespace belfry::client {
namespace {

constexpr size_t kPlenty = 1 << 20;

// Runs posted drains in an order that a seed chooses, several at once.
class Drains {
 public:
  Drains(StrandSet& strands, uint32_t seed) : strands_(strands), random_(seed) {}

  // Begins or ends one drain; false if there is none.
  bool Step() {
    if (posts.empty() && begun_.empty()) return false;
    const bool begin = begun_.empty() || (!posts.empty() && random_() % 2 == 0);
    if (begin) {
      const size_t at = random_() % posts.size();
      const size_t strand = posts[at];
      posts.erase(posts.begin() + static_cast<std::ptrdiff_t>(at));
      EXPECT_FALSE(begun_.contains(strand)) << "two drains of a strand";
      strands_.Begin(strand, 1 + random_() % 3, &begun_[strand]);
    } else {
      auto ended = begun_.begin();
      std::advance(ended, random_() % begun_.size());
      for (const QueuedEvent& event : ended->second) {
        if (event.kind == QueuedEvent::Kind::kConfirmed) {
          for (const auto& [other, events] : begun_) {
            EXPECT_TRUE(events.empty() || other == ended->first) << "it runs alone";
          }
        }
        lines.push_back(Describe(event));
      }
      const size_t strand = ended->first;
      begun_.erase(ended);
      strands_.End(strand, &posts);
    }
    return true;
  }
  void RunAll() {
    while (Step()) {
    }
  }

  StrandSet::Posts posts;
  Lines lines;

 private:
  StrandSet& strands_;
  std::mt19937 random_;
  std::map<size_t, std::vector<QueuedEvent>> begun_;
};

TEST(StrandSet, TopicsGoOnBesideEachOtherAndEachInItsOrder) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    StrandSet strands(OverflowPolicy::kDropOldest, 4, 4'000, kPlenty);
    Drains drains(strands, seed);
    std::mt19937 random(seed);
    // Each topic's own story: its messages by number, and every barrier.
    std::map<std::string, Lines> want;
    const auto all = [&](const std::string& line) {
      for (int topic = 0; topic < 6; ++topic) want["t" + std::to_string(topic)].push_back(line);
    };
    strands.PushControl(QueuedEvent::Kind::kConfirmed, &drains.posts);
    all("c");
    for (int i = 0; i < 200; ++i) {
      const uint32_t choice = random() % 20;
      if (choice == 0) {
        strands.PushGap(Gap{GapCause::kReconnect, {}, i}, &drains.posts);
        all("g1:" + std::to_string(i));
      } else if (choice < 12) {
        const std::string topic = "t" + std::to_string(random() % 6);
        const std::string key = std::to_string(i);
        strands.PushMessage(BatchOf({topic + "/" + key}), 0, &drains.posts);
        want[topic].push_back("m:" + topic + "/" + key);
      } else {
        drains.Step();
      }
    }
    strands.PushControl(QueuedEvent::Kind::kRefused, &drains.posts);
    all("r");
    drains.RunAll();
    EXPECT_EQ(strands.messages(), 0u);
    for (const auto& [topic, lines] : want) {
      Lines got;
      for (const std::string& line : drains.lines) {
        if (!line.starts_with("m:") || line.starts_with("m:" + topic + "/")) got.push_back(line);
      }
      ASSERT_EQ(got, lines) << "seed " << seed << ", " << topic;
    }
  }
}

TEST(StrandSet, AGapWithTopicsGoesWithItsTopics) {
  StrandSet strands(OverflowPolicy::kDropOldest, 8, 8'000, kPlenty);
  Drains drains(strands, 1);
  Gap gap{GapCause::kOverflow, {}, 0};
  for (int topic = 0; topic < 20; ++topic) {
    gap.topics.push_back(TopicGap{"t" + std::to_string(topic), 2, 0, 0, 0});
    *gap.count += 2;
  }
  strands.PushGap(std::move(gap), &drains.posts);
  EXPECT_GT(drains.posts.size(), 1u);
  drains.RunAll();
  std::string all;
  for (const std::string& line : drains.lines) all += line + ";";
  for (int topic = 0; topic < 20; ++topic) {
    EXPECT_NE(all.find("t" + std::to_string(topic) + "=2,"), std::string::npos) << all;
  }
}

TEST(StrandSet, BarriersStayBoundedAndLoseNoCount) {
  StrandSet strands(OverflowPolicy::kDropOldest, 2, 4, kPlenty);
  Drains drains(strands, 1);
  for (int i = 0; i < 1'000; ++i) {
    strands.PushMessage(BatchOf({"t" + std::to_string(i % 2)}), 0, &drains.posts);
    strands.PushGap(Gap{GapCause::kReconnect, {}, 1}, &drains.posts);
  }
  drains.RunAll();
  uint64_t told = 0;
  size_t gaps = 0;
  for (const std::string& line : drains.lines) {
    if (!line.starts_with("g1:")) continue;
    ++gaps;
    told += std::stoull(line.substr(3));
  }
  EXPECT_EQ(told, 1'000u);
  EXPECT_LE(gaps, 64u);
}

TEST(StrandSet, EvenThenAGapKeepsItsCause) {
  StrandSet strands(OverflowPolicy::kDropOldest, 2, 4, kPlenty);
  Drains drains(strands, 1);
  for (int i = 0; i < 100; ++i) strands.PushGap(Gap{GapCause::kOverflow, {}, 1}, &drains.posts);
  for (int i = 0; i < 3; ++i) strands.PushGap(Gap{GapCause::kReconnect, {}, 1}, &drains.posts);
  drains.RunAll();
  EXPECT_EQ(drains.lines.back(), "g1:3");
}

TEST(StrandSet, OneStrandIsAPlainQueue) {
  StrandSet strands(OverflowPolicy::kDropOldest, 1, 10, kPlenty);
  Drains drains(strands, 1);
  strands.PushControl(QueuedEvent::Kind::kConfirmed, &drains.posts);
  strands.PushMessage(BatchOf({"a"}), 0, &drains.posts);
  strands.PushGap(Gap{GapCause::kReconnect, {}, std::nullopt}, &drains.posts);
  strands.PushMessage(BatchOf({"b"}), 0, &drains.posts);
  EXPECT_EQ(drains.posts, StrandSet::Posts{0});
  drains.RunAll();
  EXPECT_EQ(drains.lines, (Lines{"c", "m:a", "g1:?", "m:b"}));
}

TEST(StrandSet, ClearedWhileAStrandWaitsNothingIsLeft) {
  StrandSet strands(OverflowPolicy::kDropOldest, 3, 10, kPlenty);
  StrandSet::Posts posts;
  strands.PushControl(QueuedEvent::Kind::kConfirmed, &posts);
  ASSERT_EQ(posts.size(), 3u);
  std::vector<QueuedEvent> events;
  strands.Begin(posts[0], 10, &events);
  StrandSet::Posts again;
  strands.End(posts[0], &again);
  strands.Clear();
  for (const size_t strand : {posts[1], posts[2]}) {
    strands.Begin(strand, 10, &events);
    strands.End(strand, &again);
  }
  EXPECT_TRUE(events.empty());
  EXPECT_TRUE(again.empty());
  EXPECT_EQ(strands.running(), 0u);
}

}  // namespace
}  // namespace belfry::client
