// SPDX-License-Identifier: Apache-2.0
#include "broker/core/lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>

#include "tests/support/hand_driven_node.h"
#include "tests/support/recording_sink.h"

namespace belfry::core {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

struct Parsed {
  std::string topic;
  std::string payload;
};

Parsed Parse(const Record& record) {
  wire::MessageView view;
  EXPECT_TRUE(wire::MessageView::Parse(record.bytes(), &view));
  return {std::string(view.topic), std::string(view.payload)};
}

Ref<const Record> MakeRecord(std::string_view topic, std::string_view payload,
                             std::string_view key = "") {
  wire::PublishView publish = test::Message(topic, payload);
  publish.key = key;
  return Record::Encode(publish, {});
}

class LaneTest : public testing::Test {
 protected:
  LaneTest() : session_(node_.broker(), sink_, {}) {}

  Lane Make(const LaneBounds& bounds, OverflowPolicy policy = OverflowPolicy::kDropOldest) {
    return Lane(session_, 0, policy, bounds);
  }
  // All that a reader would see, as "topic=payload" and "gap topic:count".
  static std::vector<std::string> TakeAll(Lane& lane) {
    std::vector<std::string> seen;
    while (!lane.empty()) {
      while (const auto gap = lane.TakeGap()) {
        std::string line = gap->cause == GapCause::kMemory ? "shed" : "gap";
        for (const TopicGap& t : gap->topics) {
          line.append(" ").append(t.topic).append(":").append(std::to_string(t.count));
        }
        if (gap->topics.empty()) {
          line += gap->count_known ? " total:" + std::to_string(gap->count) : " ?";
        }
        seen.push_back(line);
      }
      std::vector<Ref<const Record>> out;
      lane.TakeRecords(1 << 20, &out);
      for (const auto& record : out) {
        const Parsed parsed = Parse(*record);
        seen.push_back(parsed.topic + "=" + parsed.payload);
      }
    }
    return seen;
  }

  test::HandDrivenNode node_;
  test::RecordingSink sink_;
  Session session_;
  Instant now_{};
};

TEST_F(LaneTest, ARecordLargerThanTheBoundIsQueuedAlone) {
  Lane lane = Make({.bytes_max = 200});
  EXPECT_EQ(lane.Push(MakeRecord("t", "small"), now_).dropped, 0u);
  EXPECT_EQ(lane.Push(MakeRecord("t", std::string(1000, 'x')), now_).dropped, 1u);
  EXPECT_EQ(lane.queued_messages(), 1u);
  EXPECT_EQ(lane.Push(MakeRecord("t", "small"), now_).dropped, 1u);
  EXPECT_EQ(lane.queued_messages(), 1u);
}

TEST_F(LaneTest, TakesAtLeastOneRecordAndStopsAtTheByteLimit) {
  Lane lane = Make({});
  for (int i = 0; i < 4; ++i) lane.Push(MakeRecord("t", std::string(100, 'x')), now_);
  std::vector<Ref<const Record>> out;
  lane.TakeRecords(1, &out);
  EXPECT_EQ(out.size(), 1u);
  lane.TakeRecords(230, &out);
  EXPECT_EQ(out.size(), 3u);
}

TEST_F(LaneTest, CountsWhatAFrameAddsToTinyRecords) {
  Lane lane = Make({});
  for (int i = 0; i < 1000; ++i) lane.Push(MakeRecord("t", ""), now_);
  std::vector<Ref<const Record>> out;
  lane.TakeRecords(1000, &out);
  size_t bytes = 0;
  for (const auto& record : out) bytes += 2 + record->bytes().size();
  EXPECT_LE(bytes, 1000u);
  EXPECT_GT(out.size(), 50u);
}

TEST_F(LaneTest, MoreThan64TopicsBecomeOneExactTotal) {
  Lane lane = Make({.messages_max = 1});
  for (int i = 0; i < 66; ++i) lane.Push(MakeRecord("t" + std::to_string(i), ""), now_);
  EXPECT_THAT(TakeAll(lane), ElementsAre("gap total:65", "t65="));
}

TEST_F(LaneTest, UpTo64TopicsAreExact) {
  Lane lane = Make({.messages_max = 1});
  for (int i = 0; i < 130; ++i) lane.Push(MakeRecord("t" + std::to_string(i % 64), ""), now_);
  const std::optional<Gap> gap = lane.TakeGap();
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->topics.size(), 64u);
  EXPECT_EQ(gap->count, 129u);
  uint64_t sum = 0;
  for (const TopicGap& topic : gap->topics) sum += topic.count;
  EXPECT_EQ(sum, 129u);
}

TEST_F(LaneTest, AFloodPaysForItselfAndTheOthersKeepTheirMessages) {
  Lane lane = Make({.messages_max = 6});
  lane.Push(MakeRecord("quiet", "1"), now_);
  for (int i = 0; i < 100; ++i) lane.Push(MakeRecord("flood", std::to_string(i)), now_);
  lane.Push(MakeRecord("quiet", "2"), now_);
  EXPECT_THAT(TakeAll(lane), ElementsAre("gap flood:96", "quiet=1", "flood=96", "flood=97",
                                         "flood=98", "flood=99", "quiet=2"));
}

TEST_F(LaneTest, AFloodPaysAlsoBehindManyQuietMessages) {
  Lane lane = Make({.messages_max = 400});
  for (int i = 0; i < 150; ++i) lane.Push(MakeRecord("quiet" + std::to_string(i), ""), now_);
  for (int i = 0; i < 1000; ++i) lane.Push(MakeRecord("flood", ""), now_);
  EXPECT_EQ(TakeAll(lane).front(), "gap flood:750");
}

TEST_F(LaneTest, GapsWithNothingBetweenThemBecomeOne) {
  Lane lane = Make({.messages_max = 4, .age_max = seconds(10)}, OverflowPolicy::kDropNewest);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 6; ++i) lane.Push(MakeRecord("t", ""), now_);
    lane.PushGap(Gap{GapCause::kPeerLink, {{"u", 1}}, 1, true});
    now_ += seconds(11);
    lane.DropExpired(now_);
  }
  // What expired, what did not fit, and what was lost elsewhere.
  EXPECT_THAT(TakeAll(lane), ElementsAre("gap t:30", "gap u:5"));
}

TEST_F(LaneTest, HolesBehindAMessageThatStaysAreSweptOut) {
  Lane lane = Make({.messages_max = 8});
  lane.Push(MakeRecord("quiet", "1"), now_);
  for (int i = 0; i < 10'000; ++i) lane.Push(MakeRecord("flood", std::to_string(i)), now_);
  lane.PushGap(Gap{GapCause::kPeerLink, {{"peer", 2}}, 2, true});
  for (int i = 0; i < 3; ++i) lane.Push(MakeRecord("flood", "late"), now_);
  EXPECT_THAT(TakeAll(lane),
              ElementsAre("gap flood:9996", "quiet=1", "flood=9996", "flood=9997", "flood=9998",
                          "flood=9999", "gap peer:2", "flood=late", "flood=late", "flood=late"));
}

TEST_F(LaneTest, DropNewestKeepsWhatIsQueuedAndTakesAgainWhenHalfIsFree) {
  Lane lane = Make({.messages_max = 4}, OverflowPolicy::kDropNewest);
  for (int i = 0; i < 7; ++i) lane.Push(MakeRecord("t", std::to_string(i)), now_);
  std::vector<Ref<const Record>> out;
  lane.TakeRecords(1, &out);
  lane.Push(MakeRecord("t", "7"), now_);  // three of four places: not yet
  lane.TakeRecords(1, &out);
  lane.TakeRecords(1, &out);
  lane.Push(MakeRecord("t", "8"), now_);
  EXPECT_EQ(out.size(), 3u);
  EXPECT_THAT(TakeAll(lane), ElementsAre("t=3", "gap t:4", "t=8"));
  EXPECT_EQ(lane.dropped_total(), 4u);
}

TEST_F(LaneTest, ConflateKeepsTheLatestOfTopicAndKeyAtTheTail) {
  Lane lane = Make({}, OverflowPolicy::kConflate);
  lane.Push(MakeRecord("t", "a1", "a"), now_);
  lane.Push(MakeRecord("t", "b1", "b"), now_);
  lane.Push(MakeRecord("u", "a1", "a"), now_);
  EXPECT_EQ(lane.Push(MakeRecord("t", "a2", "a"), now_).conflated, 1u);
  lane.Push(MakeRecord("t", "none1"), now_);
  EXPECT_EQ(lane.Push(MakeRecord("t", "none2"), now_).conflated, 1u);
  EXPECT_EQ(lane.queued_messages(), 4u);
  EXPECT_THAT(TakeAll(lane), ElementsAre("t=b1", "u=a1", "t=a2", "t=none2"));
  // What was taken is not replaced.
  EXPECT_EQ(lane.Push(MakeRecord("t", "a3", "a"), now_).conflated, 0u);
}

TEST_F(LaneTest, AConflatingLaneOfManyUpdatesStaysSmall) {
  Lane lane = Make({}, OverflowPolicy::kConflate);
  lane.Push(MakeRecord("t", "stays", "stays"), now_);
  for (int i = 0; i < 10'000; ++i) lane.Push(MakeRecord("t", std::to_string(i), "k"), now_);
  EXPECT_EQ(lane.queued_messages(), 2u);
  EXPECT_LT(lane.queued_bytes(), 1000u);
  EXPECT_THAT(TakeAll(lane), ElementsAre("t=stays", "t=9999"));
}

TEST_F(LaneTest, ConflateWithTooManyKeysDropsTheOldestWithAGap) {
  Lane lane = Make({.messages_max = 2}, OverflowPolicy::kConflate);
  lane.Push(MakeRecord("t", "a", "a"), now_);
  lane.Push(MakeRecord("t", "b", "b"), now_);
  EXPECT_EQ(lane.Push(MakeRecord("t", "c", "c"), now_).dropped, 1u);
  EXPECT_EQ(lane.Push(MakeRecord("t", "a2", "a"), now_).dropped, 1u);
  EXPECT_THAT(TakeAll(lane), ElementsAre("gap t:2", "t=c", "t=a2"));
}

TEST_F(LaneTest, DisconnectTakesNothingBeyondItsBounds) {
  Lane lane = Make({.messages_max = 2}, OverflowPolicy::kDisconnect);
  EXPECT_FALSE(lane.Push(MakeRecord("t", "1"), now_).overflowed);
  EXPECT_FALSE(lane.Push(MakeRecord("t", "2"), now_).overflowed);
  EXPECT_TRUE(lane.Push(MakeRecord("t", "3"), now_).overflowed);
  EXPECT_TRUE(lane.DropExpired(now_ + seconds(11)).overflowed);
  EXPECT_EQ(lane.queued_messages(), 2u);
}

TEST_F(LaneTest, RestDoesNotAge) {
  Lane lane = Make({.age_max = seconds(10)});
  lane.Push(MakeRecord("t", "1"), now_);
  lane.Rest(now_ + seconds(8));
  lane.Push(MakeRecord("t", "2"), now_ + seconds(20));
  EXPECT_EQ(lane.DropExpired(now_ + seconds(30)).dropped, 0u);
  EXPECT_EQ(lane.oldest_age(now_ + seconds(30)), seconds(8));
  lane.Wake(now_ + seconds(30));
  EXPECT_EQ(lane.DropExpired(now_ + seconds(32)).dropped, 0u);
  EXPECT_EQ(lane.DropExpired(now_ + seconds(33)).dropped, 1u);
  EXPECT_THAT(TakeAll(lane), ElementsAre("gap t:1", "t=2"));
}

TEST_F(LaneTest, WarnsOnceAtHalfAndAgainAfterItWasNearlyFree) {
  Lane lane = Make({.messages_max = 8});
  const auto push = [&] {
    lane.Push(MakeRecord("t", ""), now_);
    return lane.TakeWarning(now_);
  };
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(push());
  EXPECT_TRUE(push());
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(push());
  TakeAll(lane);
  EXPECT_FALSE(lane.TakeWarning(now_));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(push());
  EXPECT_TRUE(push());
}

TEST_F(LaneTest, WarnsOfAgeToo) {
  Lane lane = Make({.age_max = seconds(10)});
  lane.Push(MakeRecord("t", ""), now_);
  EXPECT_FALSE(lane.TakeWarning(now_ + seconds(4)));
  EXPECT_TRUE(lane.TakeWarning(now_ + seconds(5)));
}

TEST_F(LaneTest, SheddingIsToldWithItsOwnCause) {
  Lane lane = Make({});
  for (int i = 0; i < 100; ++i) lane.Push(MakeRecord("t", std::to_string(i)), now_);
  const size_t half = lane.queued_bytes() / 2;
  const uint64_t lost = lane.ShedHalf();
  EXPECT_NEAR(static_cast<double>(lost), 50, 2);
  EXPECT_LE(lane.queued_bytes(), half);
  EXPECT_EQ(TakeAll(lane).front(), "shed t:" + std::to_string(lost));
}

TEST_F(LaneTest, GapsOfOnePlaceAndCauseAreOne) {
  Lane lane = Make({});
  lane.PushGap(Gap{GapCause::kPeerLink, {{"t", 2}}, 2, true});
  lane.PushGap(Gap{GapCause::kPeerLink, {{"t", 1}, {"u", 1}}, 2, true});
  lane.PushGap(Gap{});
  lane.PushGap(Gap::OfUnknownCount(GapCause::kReconnect));
  EXPECT_THAT(TakeAll(lane), ElementsAre("gap t:3 u:1", "gap ?"));
  EXPECT_THAT(TakeAll(lane), IsEmpty());
}

// Whatever happens to a lane: of each topic, what was pushed is exactly what was taken plus what
// gaps tell, in order, and the bounds hold.
RC_GTEST_FIXTURE_PROP(LaneTest, EveryMessageIsTakenOrCountedWhereItStood, ()) {
  const auto messages_max = *rc::gen::inRange<size_t>(1, 200);
  const auto policy = *rc::gen::element(OverflowPolicy::kDropOldest, OverflowPolicy::kDropNewest);
  Lane lane = Make({.bytes_max = *rc::gen::inRange<size_t>(300, 20'000),
                    .messages_max = messages_max,
                    .age_max = seconds(10)},
                   policy);
  Instant now{};
  std::map<std::string, uint64_t> pushed;
  std::map<std::string, uint64_t> expected_next;  // by topic, what must come next
  const auto take = [&](size_t bytes) {
    while (auto gap = lane.TakeGap()) {
      for (const TopicGap& topic : gap->topics) expected_next[topic.topic] += topic.count;
    }
    std::vector<Ref<const Record>> out;
    lane.TakeRecords(bytes, &out);
    for (const auto& record : out) {
      const Parsed parsed = Parse(*record);
      RC_ASSERT(parsed.payload == std::to_string(expected_next[parsed.topic]++));
    }
  };
  const auto steps = *rc::gen::container<std::vector<int>>(500, rc::gen::inRange(0, 40));
  for (const int step : steps) {
    if (step < 34) {
      // Topic 0 is the flood.
      const std::string topic = "t" + std::to_string(step < 20 ? 0 : step % 5);
      lane.Push(MakeRecord(topic, std::to_string(pushed[topic]++)), now);
    } else if (step < 37) {
      take(step == 34 ? 1 : 100);
    } else if (step < 38) {
      lane.ShedHalf();
    } else {
      now += seconds(3);
      lane.DropExpired(now);
    }
    RC_ASSERT(lane.queued_messages() <= messages_max);
  }
  while (!lane.empty()) take(1 << 20);
  RC_ASSERT(expected_next == pushed);
  RC_ASSERT(lane.queued_bytes() == 0u);
}

}  // namespace
}  // namespace belfry::core
