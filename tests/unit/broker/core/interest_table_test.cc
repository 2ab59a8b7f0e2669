// SPDX-License-Identifier: Apache-2.0
#include "broker/core/interest_table.h"

#include <gtest/gtest.h>

#include <thread>

namespace belfry::core {
namespace {

constexpr FilterView kLiteral{FilterKind::kLiteral, "a.b"};
constexpr FilterView kWildcard{FilterKind::kWildcard, "a.*"};
constexpr FilterView kGlob{FilterKind::kGlob, "a*"};

TEST(InterestTable, RoutedDecidesWhereAndActiveIsWhatIsShown) {
  InterestTable table(2);
  table.Change(kLiteral, 0, {.routed = 1, .active = 1});
  table.Change(kWildcard, 1, {.routed = 3, .active = 2});
  table.Change(kGlob, 5, {.routed = 1, .active = 0});  // a peer, with a parked session only

  const InterestTable::Match match = table.Find("a.b", MatchScope::kAll);
  EXPECT_TRUE(match.destinations.Contains(0));
  EXPECT_TRUE(match.destinations.Contains(1));
  EXPECT_TRUE(match.destinations.Contains(5));
  EXPECT_FALSE(match.destinations.Contains(2));
  EXPECT_EQ(match.subscribers, 3u);
  EXPECT_EQ(match.nodes, 1u);

  const InterestTable::Match literal = table.Find("a.b", MatchScope::kLiteralOnly);
  EXPECT_EQ(literal.subscribers, 1u);
  EXPECT_FALSE(literal.destinations.Contains(1));
}

TEST(InterestTable, NodesCountsThisOneAndEachPeerOnce) {
  InterestTable table(2);
  table.Change(kLiteral, 0, {.routed = 1, .active = 1});
  table.Change(kLiteral, 1, {.routed = 1, .active = 1});
  table.Change(kLiteral, 7, {.routed = 1, .active = 4});
  table.Change(kGlob, 7, {.routed = 1, .active = 1});
  table.Change(kGlob, 200, {.routed = 1, .active = 1});
  const InterestTable::Match match = table.Find("a.b", MatchScope::kAll);
  EXPECT_EQ(match.nodes, 3u);
  EXPECT_EQ(match.subscribers, 8u);
}

TEST(InterestTable, IsEmptyAgainWhenAllAreGone) {
  InterestTable table(4);
  for (const FilterView filter : {kLiteral, kWildcard, kGlob}) {
    for (DestinationId d = 0; d < 4; ++d) table.Change(filter, d, {.routed = 2, .active = 1});
  }
  EXPECT_EQ(table.size(), 3u);
  for (const FilterView filter : {kLiteral, kWildcard, kGlob}) {
    for (const DestinationId d : {2, 0, 3, 1})
      table.Change(filter, d, {.routed = -2, .active = -1});
  }
  EXPECT_EQ(table.size(), 0u);
  EXPECT_TRUE(table.Find("a.b", MatchScope::kAll).destinations.empty());
}

TEST(InterestTable, ManyThreadsChangeAndFind) {
  InterestTable table(4);
  std::vector<std::thread> threads;
  for (DestinationId d = 0; d < 4; ++d) {
    threads.emplace_back([&table, d] {
      for (int i = 0; i < 2000; ++i) {
        const std::string text = "t" + std::to_string(i % 7);
        const FilterView literal{FilterKind::kLiteral, text};
        table.Change(literal, d, {.routed = 1, .active = 1});
        table.Change(kWildcard, d, {.routed = 1, .active = 1});
        // What this thread has put in is visible to it at once.
        EXPECT_TRUE(table.Find(text, MatchScope::kAll).destinations.Contains(d));
        EXPECT_TRUE(table.Find("a.x", MatchScope::kAll).destinations.Contains(d));
        table.Change(literal, d, {.routed = -1, .active = -1});
        table.Change(kWildcard, d, {.routed = -1, .active = -1});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace belfry::core
