// SPDX-License-Identifier: Apache-2.0
#include "broker/core/topic_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "common/topic/topic.h"
#include "tests/support/hand_driven_node.h"

namespace belfry::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr Duration kSecond = std::chrono::seconds(1);

class TopicLedgerTest : public testing::Test {
 protected:
  explicit TopicLedgerTest(size_t tracked_max = 100)
      : ledger_(tracked_, tracked_max, clock_.Now()) {}

  bool Note(const std::string& topic, int times = 1) {
    const uint64_t hash = TopicHash(topic);
    bool noted = true;
    for (int i = 0; i < times; ++i) {
      ledger_.Prefetch(hash);
      noted = ledger_.Note(ledger_.Locate(hash), topic, hash) && noted;
    }
    return noted;
  }
  void Pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      clock_.Advance(kSecond);
      ledger_.Tick(clock_.Now());
    }
  }
  std::optional<TopicLedger::Published> Find(const std::string& topic) {
    return ledger_.Find(topic, clock_.Now());
  }
  // Messages by topic, from a walk in parts of that size; how often a topic came does not matter.
  std::map<std::string, uint64_t> Walk(size_t part) {
    std::map<std::string, uint64_t> topics;
    size_t place = TopicLedger::kFromTheEnd;
    do {
      place = ledger_.VisitBefore(place, part, clock_.Now(),
                                  [&](std::string_view topic, const TopicLedger::Published& p) {
                                    topics[std::string(topic)] = p.messages;
                                  });
    } while (place != 0);
    return topics;
  }

  ManualClock clock_;
  std::atomic<size_t> tracked_{0};
  TopicLedger ledger_;
};

class FullTopicLedgerTest : public TopicLedgerTest {
 protected:
  FullTopicLedgerTest() : TopicLedgerTest(2) {}
};

TEST_F(TopicLedgerTest, CountsEachTopicByItself) {
  EXPECT_TRUE(Note("a", 3));
  EXPECT_TRUE(Note("b"));
  EXPECT_EQ(Find("a")->messages, 3u);
  EXPECT_EQ(Find("b")->messages, 1u);
  EXPECT_FALSE(Find("c"));
  EXPECT_EQ(tracked_, 2u);
}

TEST_F(TopicLedgerTest, TheRateIsThatOfTheLastSeconds) {
  for (int i = 0; i < 60; ++i) {
    Note("steady", 7);
    if (i < 30) Note("was.busy", 1000);
    Pass(1);
    if (i > 0) {
      EXPECT_DOUBLE_EQ(Find("steady")->per_second, 7.0) << "after " << i;
    }
  }
  EXPECT_EQ(Find("steady")->messages, 420u);
  EXPECT_EQ(Find("was.busy")->per_second, 0.0);
  EXPECT_EQ(Find("was.busy")->messages, 30'000u);
}

TEST_F(TopicLedgerTest, ALateTickDoesNotBendTheRate) {
  for (int i = 0; i < 40; ++i) {
    Note("a", 50);
    clock_.Advance(5 * kSecond);
    ledger_.Tick(clock_.Now());
    EXPECT_DOUBLE_EQ(Find("a")->per_second, 10.0) << "after " << i;
  }
}

TEST_F(TopicLedgerTest, APauseOfAnyLengthLeavesNoOldCounts) {
  for (int pause = 0; pause < 40; ++pause) {
    const std::string topic = "t" + std::to_string(pause);
    Note(topic, 1000);
    Pass(pause);
    Note(topic);
    // Eight to twelve seconds are covered.
    if (pause >= 12) {
      EXPECT_LT(Find(topic)->per_second, 1.0) << pause;
    } else if (pause > 0 && pause < 8) {
      EXPECT_GE(Find(topic)->per_second, 1001 / 12.0) << pause;
    }
  }
}

TEST_F(TopicLedgerTest, AnAgeIsTrueToWithinTwoSeconds) {
  Pass(20);
  Note("a");
  Pass(30);
  EXPECT_EQ(Find("a")->age, 30 * kSecond);
}

TEST_F(TopicLedgerTest, ATopicIsForgottenTenMinutesAfterItsLastMessage) {
  Note("old");
  Note("kept");
  Pass(300);
  Note("kept");
  Pass(300);
  EXPECT_THAT(Walk(10), ElementsAre(Pair("kept", 2), Pair("old", 1)));
  Pass(1);
  EXPECT_FALSE(Find("old"));
  EXPECT_THAT(Walk(10), ElementsAre(Pair("kept", 2)));
  EXPECT_EQ(ledger_.size(), 1u);
  EXPECT_EQ(tracked_, 1u);
  Note("old");
  EXPECT_EQ(Find("old")->messages, 1u) << "it begins anew";
}

TEST_F(FullTopicLedgerTest, BeyondItsPlacesItTracksNothingNew) {
  EXPECT_TRUE(Note("a"));
  EXPECT_TRUE(Note("b"));
  EXPECT_FALSE(ledger_.missed_lately());
  EXPECT_FALSE(Note("c"));
  EXPECT_TRUE(Note("a")) << "known topics go on";
  EXPECT_FALSE(Find("c"));
  EXPECT_TRUE(ledger_.missed_lately());
  EXPECT_EQ(tracked_, 2u);
  Pass(601);
  EXPECT_FALSE(ledger_.missed_lately());
  EXPECT_TRUE(Note("c")) << "there is room again";
  EXPECT_EQ(tracked_, 1u);
}

TEST_F(FullTopicLedgerTest, AllLedgersOfANodeShareThePlaces) {
  {
    TopicLedger other(tracked_, 2, clock_.Now());
    other.Note(other.Locate(TopicHash("x")), "x", TopicHash("x"));
    EXPECT_TRUE(Note("a"));
    EXPECT_FALSE(Note("b"));
  }
  EXPECT_TRUE(Note("b")) << "the other has given its place back";
}

class LargeTopicLedgerTest : public TopicLedgerTest {
 protected:
  LargeTopicLedgerTest() : TopicLedgerTest(100'000) {}
};

TEST_F(LargeTopicLedgerTest, ForgetsManyInBoundedTicksAndShowsNoneMeanwhile) {
  for (int i = 0; i < 20'000; ++i) Note("t" + std::to_string(i));
  Pass(590);
  Note("kept");
  Pass(11);
  EXPECT_GT(ledger_.size(), 10'000u) << "one tick has bounded work";
  EXPECT_THAT(Walk(1000), ElementsAre(Pair("kept", 1)));
  Pass(30);
  EXPECT_EQ(ledger_.size(), 1u);
  EXPECT_EQ(Find("kept")->messages, 1u);
}

TEST_F(LargeTopicLedgerTest, AWalkMissesNothingThatStaysWhileOthersAreForgotten) {
  for (int i = 0; i < 10'000; ++i) Note("t" + std::to_string(i));
  Pass(300);
  for (int i = 0; i < 10'000; i += 3) Note("t" + std::to_string(i));
  Pass(300);
  std::map<std::string, uint64_t> seen;
  size_t place = TopicLedger::kFromTheEnd;
  do {
    place = ledger_.VisitBefore(place, 97, clock_.Now(),
                                [&](std::string_view topic, const TopicLedger::Published& p) {
                                  seen[std::string(topic)] = p.messages;
                                });
    Pass(1);
  } while (place != 0);
  for (int i = 0; i < 10'000; i += 3) EXPECT_EQ(seen["t" + std::to_string(i)], 2u) << i;
}

TEST(TopicLedgerOfABroker, NotesWhatIsTakenInAndNothingElse) {
  test::HandDrivenNode node({.reactors = 2, .limits = {.topics_max = 1}});
  node.broker(0).Publish(test::Message("a", "x"), "");
  node.broker(0).Publish(test::Message("a", "x"), "");
  node.broker(0).Publish(test::Message("$bad", "x"), "");
  node.broker(1).Publish(test::Message("b", "x"), "");
  const Instant now = node.clock.Now();
  EXPECT_EQ(node.broker(0).topics().Find("a", now)->messages, 2u);
  EXPECT_FALSE(node.broker(0).topics().Find("$bad", now));
  EXPECT_FALSE(node.broker(1).topics().Find("b", now)) << "the limit is the node's";
  EXPECT_EQ(node.broker(1).counters().messages_untracked.value(), 1u);
  EXPECT_EQ(node.node.topics_tracked, 1u);
  node.clock.Advance(std::chrono::seconds(601));
  node.broker(0).Tick();
  EXPECT_EQ(node.node.topics_tracked, 0u) << "the broker's tick moves its time";
}

}  // namespace
}  // namespace belfry::core
