// SPDX-License-Identifier: Apache-2.0
//
// Hostile filters and topics (faults.md O10): what a match costs is counted in visits, not in time.
// A visit is a tree node entered or a byte of the topic looked at by a glob.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/topic/filter_index.h"

namespace belfry {
namespace {

std::string Joined(size_t segments, std::string_view segment) {
  std::string text(segment);
  for (size_t i = 1; i < segments; ++i) (text += '.') += segment;
  return text;
}

struct Cost {
  size_t visits;
  size_t matches;
};
Cost CostOf(const FilterIndex<int>& index, std::string_view topic) {
  Cost cost{0, 0};
  cost.visits =
      index.MatchAndCountVisits(topic, MatchScope::kAll, [&](const int&) { ++cost.matches; });
  return cost;
}

TEST(MatchCost, LiteralsCostOneLookupHoweverMany) {
  FilterIndex<int> index;
  for (int i = 0; i < 10'000; ++i) {
    index.FindOrInsert({FilterKind::kLiteral, "room." + std::to_string(i)});
  }
  EXPECT_LE(CostOf(index, "room.17").visits, 3u);  // the lookup and two bare roots
}

TEST(MatchCost, WildcardsThatDoNotMatchCostNothing) {
  FilterIndex<int> index;
  for (int i = 0; i < 10'000; ++i) {
    index.FindOrInsert({FilterKind::kWildcard, "room." + std::to_string(i) + ".*"});
  }
  const Cost cost = CostOf(index, "room.17.x");
  EXPECT_EQ(cost.matches, 1u);
  EXPECT_LE(cost.visits, 6u);  // lookup, glob root; root, room, 17, [*]
}

TEST(MatchCost, GlobsOfOtherPrefixesCostNothing) {
  FilterIndex<int> index;
  for (int i = 0; i < 10'000; ++i) {
    index.FindOrInsert({FilterKind::kGlob, "room." + std::to_string(i) + ".*x"});
  }
  const std::string topic = "room.1234.abcx";
  const Cost cost = CostOf(index, topic);
  EXPECT_EQ(cost.matches, 1u);
  EXPECT_LE(cost.visits, 2 * topic.size());
}

TEST(MatchCost, SixtyFourStarsAreSixtyFourVisits) {
  FilterIndex<int> index;
  index.FindOrInsert({FilterKind::kWildcard, Joined(64, "*")});
  const Cost cost = CostOf(index, Joined(64, "a"));
  EXPECT_EQ(cost.matches, 1u);
  EXPECT_LE(cost.visits, 64u + 3);
  EXPECT_LE(CostOf(index, Joined(65, "a")).visits, 64u + 3);
  EXPECT_LE(CostOf(index, std::string(511, '.')).visits, 64u + 3);
}

// Each of 64 levels has a literal and a star way on, and all ways meet the same topic: combined
// they are 2^64, but the trie has only as many nodes as filters put there.
TEST(MatchCost, OverlappingDeepWildcardsStayWithinTheNodesOfTheTrie) {
  WildcardIndex<int> index;
  for (size_t star = 0; star < 64; ++star) {
    for (size_t second = star; second < 64; ++second) {
      std::string filter;
      for (size_t i = 0; i < 64; ++i) {
        filter += (i == 0 ? "" : ".");
        filter += i == star || i == second ? "*" : "a";
      }
      index.FindOrInsert(filter);
    }
  }
  ASSERT_EQ(index.size(), 64u * 65 / 2);
  size_t matches = 0;
  const size_t visits = index.MatchAndCountVisits(Joined(64, "a"), [&](const int&) { ++matches; });
  EXPECT_EQ(matches, index.size());
  EXPECT_LE(visits, index.CountNodesForTest() + 1);
  // And the same where nothing matches in the end.
  matches = 0;
  const size_t in_vain =
      index.MatchAndCountVisits(Joined(63, "a") + ".b", [&](const int&) { ++matches; });
  EXPECT_EQ(matches, 64u);
  EXPECT_LE(in_vain, index.CountNodesForTest() + 1);
}

TEST(MatchCost, TenThousandOverlappingWildcards) {
  // All ways to put stars into 13 levels: 8192 filters that all match, 2^14 - 1 nodes.
  WildcardIndex<int> index;
  for (unsigned mask = 0; mask < 1u << 13; ++mask) {
    std::string filter;
    for (unsigned i = 0; i < 13; ++i) {
      filter += (i == 0 ? "" : ".");
      filter += (mask >> i & 1) != 0 ? "*" : "a";
    }
    index.FindOrInsert(filter);
  }
  size_t matches = 0;
  const size_t visits = index.MatchAndCountVisits(Joined(13, "a"), [&](const int&) { ++matches; });
  EXPECT_EQ(matches, 8192u);
  EXPECT_EQ(visits, (1u << 14) - 1) << "each node once";
  // A topic that leaves the common path pays for the stars only.
  EXPECT_LE(index.MatchAndCountVisits(Joined(13, "b"), [](const int&) {}), 14u);
}

size_t GlobSteps(std::string_view pattern, std::string_view topic, bool expected) {
  size_t steps = 0;
  EXPECT_EQ(GlobRestMatchesCounted(pattern, topic, &steps), expected) << pattern;
  return steps;
}

TEST(MatchCost, HostileGlobsAreLinearInTopicTimesStars) {
  const std::string topic(4096, 'a');
  EXPECT_LE(GlobSteps("a*a*a*b", topic, false), topic.size() * 4);
  std::string many;
  for (size_t i = 0; i < 64; ++i) many += "a*";
  EXPECT_LE(GlobSteps(many + "b", topic, false), topic.size() * 65);
  EXPECT_LE(GlobSteps(many, topic, true), topic.size() * 65);
  // CVE-2022-36021: a star, then a long literal that nearly fits everywhere.
  EXPECT_LE(GlobSteps("*" + std::string(2048, 'a') + "b*", topic, false), topic.size() * 3);
  EXPECT_LE(GlobSteps("*" + std::string(2048, 'a') + "b", topic, false), topic.size() * 2);
  // CVE-2024-31228: a long pattern of nothing but stars, or of star and any.
  EXPECT_LE(GlobSteps(std::string(65536, '*'), topic, true), 1u);
  std::string any;
  for (size_t i = 0; i < 2000; ++i) any += "*?";
  EXPECT_LE(GlobSteps(any, topic, true), topic.size() * 2);
}

TEST(MatchCost, AGlobPieceWithClassesCostsTopicTimesPieceAtMost) {
  std::string piece;
  for (size_t i = 0; i < 128; ++i) piece += "[ab]";
  const std::string topic(512, 'a');
  EXPECT_LE(GlobSteps("*" + piece + "c*", topic, false), topic.size() * 129);
}

RC_GTEST_PROP(MatchCost, NoGlobCostsMoreThanTopicTimesPattern, ()) {
  const auto pattern =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("aaab**?[]")));
  const auto topic = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("aaab")));
  size_t steps = 0;
  GlobRestMatchesCounted(pattern, topic, &steps);
  RC_ASSERT(steps <= (topic.size() + 1) * (pattern.size() + 1));
}

TEST(MatchCost, TenThousandOverlappingGlobsCostTheSumOfEach) {
  FilterIndex<int> index;
  for (int i = 0; i < 10'000; ++i) {
    index.FindOrInsert({FilterKind::kGlob, "a*a*a*" + std::to_string(i)});
  }
  const std::string topic(64, 'a');
  const Cost cost = CostOf(index, topic);
  EXPECT_EQ(cost.matches, 0u);
  EXPECT_LE(cost.visits, 10'000 * topic.size() * 4);
}

}  // namespace
}  // namespace belfry
