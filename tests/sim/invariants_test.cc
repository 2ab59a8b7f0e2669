// SPDX-License-Identifier: Apache-2.0
//
// Each invariant can fail: short histories made by hand, one violation each, beside the same
// history without it.
#include "tests/sim/invariants.h"

#include <gtest/gtest.h>

namespace belfry::sim {
namespace {

using core::Gap;
using core::GapCause;
using core::OverflowPolicy;

std::string NameOf(const Verdict& verdict) { return verdict ? verdict->invariant : "holds"; }

Message Number(uint64_t id, std::string_view topic = "a", std::string_view key = "",
               uint64_t publisher = 1) {
  return {id, topic, key, publisher, /*sequence=*/id, /*cost=*/100};
}

Gap Lost(std::string_view topic, uint64_t count, GapCause cause = GapCause::kOverflow) {
  Gap gap{cause};
  gap.Add(topic, count);
  return gap;
}

// A lane that was owed messages 1 to `count` of topic "a".
LaneHistory Owed(uint64_t count, OverflowPolicy policy = OverflowPolicy::kDropOldest) {
  LaneHistory lane(policy, /*reconnected=*/false);
  for (uint64_t id = 1; id <= count; ++id) lane.Owe(Number(id), 0, false);
  return lane;
}

TEST(Invariants, I2_AMessageThatWasNotOwed) {
  LaneHistory lane = Owed(1);
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(1))), "holds");
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(2))), "I2");
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(1, "b"))), "I2");
}

TEST(Invariants, I5_TwoMessagesOfAPublisherChangePlaces) {
  LaneHistory lane(OverflowPolicy::kDropOldest, false);
  lane.Owe(Number(1, "a"), 0, false);
  lane.Owe(Number(2, "b"), 0, false);
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(2, "b"))), "holds");
  lane.Deliver(Number(2, "b"));
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(1, "a"))), "I5");
  // Another publisher's may.
  lane.Owe(Number(1, "c", "", 2), 0, false);
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(1, "c", "", 2))), "holds");
}

TEST(Invariants, I6_AHoleWithoutAGap) {
  LaneHistory lane = Owed(3);
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(3))), "I6");
  lane.Tell(Lost("a", 1));
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(3))), "I6");
  lane.Tell(Lost("a", 1));
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(3))), "holds");
}

TEST(Invariants, I6_AGapThatIsToldAfterTheMessage) {
  LaneHistory lane = Owed(2);
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(2))), "I6");
}

TEST(Invariants, I6_ATotalCoversHolesOfSeveralTopicsOnce) {
  LaneHistory lane(OverflowPolicy::kDropOldest, false);
  for (uint64_t id = 1; id <= 4; ++id) lane.Owe(Number(id, id % 2 == 0 ? "b" : "a"), 0, false);
  lane.Tell(Gap{GapCause::kOverflow, {}, 1, true});
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(3, "a"))), "holds");
  lane.Deliver(Number(3, "a"));
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(4, "b"))), "I6");
}

TEST(Invariants, I7_AMessageTwice) {
  LaneHistory lane = Owed(2);
  lane.Deliver(Number(1));
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(1))), "I7");
}

TEST(Invariants, I8_AFrameIsSkippedOrRepeatedAfterAResume) {
  FrameLog log;
  for (uint64_t digest = 11; digest <= 13; ++digest) log.Add(digest, 100);
  EXPECT_EQ(NameOf(I8ExactResume(log, 2, 12)), "holds");
  EXPECT_EQ(NameOf(I8ExactResume(log, 2, 13)), "I8");
  EXPECT_EQ(NameOf(I8ExactResume(log, 2, 11)), "I8");
  EXPECT_EQ(NameOf(I8ExactResume(log, 4, 99)), "holds");
  EXPECT_EQ(NameOf(I8ExactResume(log, 5, 99)), "I8");
  EXPECT_EQ(NameOf(I8NextFrame(3, 4)), "I8");
  EXPECT_EQ(NameOf(I8Acknowledged(false)), "I8");
}

TEST(Invariants, I8_AResumeIsGrantedWithoutFramesOrRefusedWithThem) {
  FrameLog log;
  for (int i = 0; i < 3; ++i) log.Add(1, 100);
  const auto verdict = [&](uint64_t through, bool forgotten, bool resumed) {
    return NameOf(I8ResumeWhenPossible(log, through, /*window_bytes=*/200, forgotten, resumed));
  };
  EXPECT_EQ(verdict(1, false, true), "holds");
  EXPECT_EQ(verdict(1, false, false), "I8");
  EXPECT_EQ(verdict(1, true, false), "holds");
  EXPECT_EQ(verdict(0, false, false), "holds");
  EXPECT_EQ(verdict(0, false, true), "I8");
}

TEST(Invariants, I9_AGapTellsOfMoreThanIsMissing) {
  LaneHistory lane = Owed(3);
  EXPECT_EQ(NameOf(CheckGap(lane, Lost("a", 4))), "I9");
  EXPECT_EQ(NameOf(CheckGap(lane, Lost("b", 1))), "I9");
  lane.DroppedAnywhere(2);
  EXPECT_EQ(NameOf(CheckGap(lane, Lost("a", 2))), "holds");
  lane.Tell(Lost("a", 2));
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(2))), "I9");
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(3))), "holds");
}

TEST(Invariants, I9_WhatWasToldAsLostComes) {
  LaneHistory lane = Owed(2);
  lane.Tell(Lost("a", 1));
  lane.Deliver(Number(2));
  Message late = Number(1);
  late.publisher = 2;  // so that it is not its order that is wrong
  EXPECT_EQ(NameOf(CheckDeliver(lane, late)), "I9");
}

TEST(Invariants, I9_AGapThatIsWrongInItself) {
  LaneHistory lane = Owed(3);
  lane.DroppedAnywhere(3);
  EXPECT_EQ(NameOf(CheckGap(lane, Gap{GapCause::kOverflow})), "I9");
  EXPECT_EQ(NameOf(CheckGap(lane, Gap::OfUnknownCount(GapCause::kOverflow))), "I9");
  EXPECT_EQ(NameOf(CheckGap(lane, Gap::OfUnknownCount(GapCause::kReconnect))), "I9");
  EXPECT_EQ(NameOf(CheckGap(lane, Gap::OfUnknownCount(GapCause::kPeerLink))), "holds");
  EXPECT_EQ(NameOf(CheckGap(lane, Gap{GapCause::kOverflow, {{"a", 1}}, 2, true})), "I9");
  EXPECT_EQ(NameOf(CheckGap(lane, Gap{GapCause::kOverflow, {}, 4, true})), "I9");
  EXPECT_EQ(NameOf(I9CountsAreExact(3, 3)), "holds");
  EXPECT_EQ(NameOf(I9CountsAreExact(3, 4)), "I9");
}

TEST(Invariants, I9_MessagesBeforeTheReconnectGap) {
  LaneHistory lane(OverflowPolicy::kDropOldest, /*reconnected=*/true);
  lane.Owe(Number(1), 0, false);
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(1))), "I9");
  EXPECT_EQ(NameOf(I12Completeness(lane)), "I12");
  lane.Tell(Gap::OfUnknownCount(GapCause::kReconnect));
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(1))), "holds");
}

TEST(Invariants, I9_NothingIsDroppedWithoutNeed) {
  LaneHistory lane = Owed(2);
  EXPECT_EQ(NameOf(I9AgeDropWasDue(lane, /*now=*/100, /*age_max=*/99)), "holds");
  EXPECT_EQ(NameOf(I9AgeDropWasDue(lane, /*now=*/100, /*age_max=*/100)), "I9");
  core::LaneBounds bounds;
  EXPECT_EQ(NameOf(I9OverflowWasDue(lane, Number(3), bounds)), "I9");
  bounds.messages_max = 2;
  EXPECT_EQ(NameOf(I9OverflowWasDue(lane, Number(3), bounds)), "holds");
}

TEST(Invariants, P1_ADropNewestLaneDeliversWhatItRefused) {
  LaneHistory lane(OverflowPolicy::kDropNewest, false);
  lane.Owe(Number(1), 0, /*refused=*/true);
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(1))), "P1");
}

TEST(Invariants, P1_AConflatingLaneDeliversAnOldValue) {
  LaneHistory lane(OverflowPolicy::kConflate, false);
  for (uint64_t id = 1; id <= 3; ++id) lane.Owe(Number(id, "a", id == 3 ? "y" : "x"), 0, false);
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(1, "a", "x"))), "P1");
  // The first is replaced, which is no loss; the second is the latest of its key, which is.
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(2, "a", "x"))), "holds");
  EXPECT_EQ(NameOf(CheckDeliver(lane, Number(3, "a", "y"))), "I6");
  EXPECT_EQ(NameOf(I12Completeness(lane)), "I12");
}

TEST(Invariants, P1_ALightTopicPaysForAFlood) {
  LaneHistory lane(OverflowPolicy::kDropOldest, false);
  lane.Owe(Number(1, "light"), 0, false);
  for (uint64_t id = 2; id <= 20; ++id) lane.Owe(Number(id, "flood"), 0, false);
  lane.Evicted(1);
  lane.Owe(Number(21, "flood"), 0, false);
  EXPECT_EQ(NameOf(CheckGap(lane, Lost("flood", 1))), "holds");
  EXPECT_EQ(NameOf(CheckGap(lane, Lost("light", 1))), "P1");
}

TEST(Invariants, P1_ADisconnectLaneTellsOfLosses) {
  LaneHistory lane = Owed(2, OverflowPolicy::kDisconnect);
  EXPECT_EQ(NameOf(CheckGap(lane, Lost("a", 1))), "P1");
  EXPECT_EQ(NameOf(CheckGap(lane, Lost("a", 1, GapCause::kMemory))), "holds");
}

TEST(Invariants, I12_SomethingIsMissingAtRest) {
  LaneHistory lane = Owed(2);
  lane.Deliver(Number(1));
  EXPECT_EQ(NameOf(I12Completeness(lane)), "I12");
  lane.Tell(Lost("a", 1));
  EXPECT_EQ(NameOf(I12Completeness(lane)), "holds");
  RouteHistory route;
  EXPECT_EQ(NameOf(I12RouteCompleteness(route)), "holds");
  route.expected.push_back(1);
  EXPECT_EQ(NameOf(I12RouteOvertaken(route)), "holds");
  EXPECT_EQ(NameOf(I12RouteCompleteness(route)), "I12");
  route.overtaken.push_back(1);
  EXPECT_EQ(NameOf(I12RouteOvertaken(route)), "I12");
}

TEST(Invariants, BetweenReactors) {
  RouteHistory route;
  route.expected = {1, 2};
  route.overtaken = {3};
  route.arrived = {4};
  EXPECT_EQ(NameOf(CheckArrival(route, 1, true)), "holds");
  EXPECT_EQ(NameOf(CheckArrival(route, 3, true)), "I5");
  EXPECT_EQ(NameOf(CheckArrival(route, 4, true)), "I7");
  EXPECT_EQ(NameOf(CheckArrival(route, 5, true)), "I2");
  EXPECT_EQ(NameOf(CheckArrival(route, 6, false)), "I2");
}

TEST(Invariants, CountsBoundsAndSignsOfLife) {
  EXPECT_EQ(NameOf(I16Equal("x", 1, 1)), "holds");
  EXPECT_EQ(NameOf(I16Equal("x", 1, 2)), "I16");
  EXPECT_EQ(NameOf(I16AtMost("x", 1, 1)), "holds");
  EXPECT_EQ(NameOf(I16AtMost("x", 1, 2)), "I16");
  EXPECT_EQ(NameOf(I13Equal("x", 1, 2)), "I13");
  EXPECT_EQ(NameOf(I17AtMost("x", 1, 2)), "I17");
  const Duration beat = std::chrono::seconds(5);
  EXPECT_EQ(NameOf(I17Heartbeat(beat, beat, /*writable=*/false)), "holds");
  EXPECT_EQ(NameOf(I17Heartbeat(beat, beat, /*writable=*/true)), "I17");
  EXPECT_EQ(NameOf(I17Silence(3 * beat, beat)), "holds");
  EXPECT_EQ(NameOf(I17Silence(4 * beat, beat)), "I17");
}

}  // namespace
}  // namespace belfry::sim
