// SPDX-License-Identifier: Apache-2.0
#include "common/topic/wildcard_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace belfry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// Each filter's Value is its own text.
class WildcardIndexTest : public testing::Test {
 protected:
  void Add(const std::string& filter) { *index_.FindOrInsert(filter) = filter; }
  std::vector<std::string> Matching(std::string_view topic) const {
    std::vector<std::string> found;
    index_.Match(topic, [&](const std::string& filter) { found.push_back(filter); });
    return found;
  }

  WildcardIndex<std::string> index_;
};

TEST_F(WildcardIndexTest, FindsTheFiltersDrawnInTheHeader) {
  for (const char* filter : {"orders.*.paid", "orders.>", "orders.new.paid", "*.new"}) Add(filter);
  EXPECT_THAT(Matching("orders.new.paid"),
              UnorderedElementsAre("orders.*.paid", "orders.>", "orders.new.paid"));
  EXPECT_THAT(Matching("orders.old.paid"), UnorderedElementsAre("orders.*.paid", "orders.>"));
  EXPECT_THAT(Matching("orders.new"), UnorderedElementsAre("orders.>", "*.new"));
  EXPECT_THAT(Matching("orders"), IsEmpty());
  EXPECT_EQ(index_.CountNodesForTest(), 7u);
}

TEST_F(WildcardIndexTest, ComesBackToEveryStarItPassed) {
  for (const char* filter : {"a.a.a.x", "a.a.*.y", "a.*.a.y", "*.a.a.y", "*.*.*.*", "*.>"})
    Add(filter);
  EXPECT_THAT(Matching("a.a.a.y"),
              UnorderedElementsAre("a.a.*.y", "a.*.a.y", "*.a.a.y", "*.*.*.*", "*.>"));
}

TEST_F(WildcardIndexTest, EmptySegmentsAreSegments) {
  for (const char* filter : {"", ".", "..", "*", "*.*", "a..b", "a.*.b", ".>", "*..*"}) Add(filter);
  EXPECT_THAT(Matching(""), UnorderedElementsAre("", "*"));
  EXPECT_THAT(Matching("."), UnorderedElementsAre(".", "*.*", ".>"));
  EXPECT_THAT(Matching(".."), UnorderedElementsAre("..", ".>", "*..*"));
  EXPECT_THAT(Matching("a..b"), UnorderedElementsAre("a..b", "a.*.b", "*..*"));
}

TEST_F(WildcardIndexTest, TheTopicsOwnStarsAndArrowsAreNotWildcards) {
  Add("a.b");
  Add("a.*");
  EXPECT_THAT(Matching("a.*"), ElementsAre("a.*"));
  EXPECT_THAT(Matching("*.b"), IsEmpty());
  EXPECT_THAT(Matching(">"), IsEmpty());
}

TEST_F(WildcardIndexTest, TheSameWayAsMatchesForWhatValidationRefuses) {
  for (const char* filter : {"a.>.b", "a*", ">>"}) Add(filter);
  EXPECT_THAT(Matching("a.>.b"), ElementsAre("a.>.b"));
  EXPECT_THAT(Matching("a.x.b"), IsEmpty());
  EXPECT_THAT(Matching("a*"), ElementsAre("a*"));
  EXPECT_THAT(Matching(">>"), ElementsAre(">>"));
}

TEST_F(WildcardIndexTest, FiltersOfOneNodeAreToldApart) {
  Add("a.b");
  EXPECT_EQ(index_.Find("a"), nullptr);
  EXPECT_EQ(index_.Find("a.>"), nullptr);
  EXPECT_EQ(index_.Find("a.b.>"), nullptr);
  EXPECT_EQ(index_.Find("*.b"), nullptr);
  Add("a.b.>");
  EXPECT_EQ(*index_.Find("a.b"), "a.b");
  EXPECT_EQ(*index_.Find("a.b.>"), "a.b.>");
  EXPECT_FALSE(index_.Erase("a"));
  EXPECT_TRUE(index_.Erase("a.b"));
  EXPECT_FALSE(index_.Erase("a.b"));
  EXPECT_EQ(index_.Find("a.b"), nullptr);
  EXPECT_EQ(*index_.Find("a.b.>"), "a.b.>");
  EXPECT_EQ(index_.size(), 1u);
}

TEST_F(WildcardIndexTest, NodesGoWithTheirLastFilter) {
  Add("a.*.c.d");
  Add("a.*.e");
  Add("a.>");
  EXPECT_EQ(index_.CountNodesForTest(), 5u);
  EXPECT_TRUE(index_.Erase("a.*.c.d"));
  EXPECT_EQ(index_.CountNodesForTest(), 3u);
  EXPECT_TRUE(index_.Erase("a.*.e"));
  EXPECT_EQ(index_.CountNodesForTest(), 1u);
  EXPECT_TRUE(index_.Erase("a.>"));
  EXPECT_EQ(index_.CountNodesForTest(), 0u);
}

TEST_F(WildcardIndexTest, ListsItsFilters) {
  const std::vector<std::string> filters = {"a.*.c", ">", "*", "..>", "", "a..b", "*.>"};
  for (const std::string& filter : filters) Add(filter);
  std::vector<std::string> listed;
  index_.ForEach([&](std::string_view filter, std::string& value) {
    EXPECT_EQ(filter, value);
    listed.emplace_back(filter);
  });
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(filters));
}

TEST_F(WildcardIndexTest, AFilterThousandsOfSegmentsDeepNeedsNoStack) {
  std::string deep = "*";
  for (int i = 0; i < 100'000; ++i) deep += i % 2 == 0 ? "." : ".*";
  Add(deep);
  Add(">");
  EXPECT_THAT(Matching(deep), testing::SizeIs(2));
  EXPECT_TRUE(index_.Erase(deep));
  Add(deep);  // and the destructor takes it down
}

TEST(WildcardIndex, PointersStayAndValuesAreDestroyed) {
  const auto token = std::make_shared<int>(0);
  {
    WildcardIndex<std::shared_ptr<int>> index;
    auto* const first = index.FindOrInsert("*.0");
    *first = token;
    for (int i = 1; i < 1000; ++i) *index.FindOrInsert("*." + std::to_string(i)) = token;
    for (int i = 1; i < 1000; i += 2) index.Erase("*." + std::to_string(i));
    EXPECT_EQ(index.Find("*.0"), first);
    EXPECT_EQ(token.use_count(), 501);
  }
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace belfry
