// SPDX-License-Identifier: Apache-2.0
#include "common/topic/glob_index.h"

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

// Each glob's Value is its own text.
class GlobIndexTest : public testing::Test {
 protected:
  void Add(const std::string& glob) { *index_.FindOrInsert(glob) = glob; }
  std::vector<std::string> Matching(std::string_view topic) const {
    std::vector<std::string> found;
    index_.Match(topic, [&](const std::string& glob) { found.push_back(glob); });
    return found;
  }

  GlobIndex<std::string> index_;
};

TEST_F(GlobIndexTest, FindsTheGlobsDrawnInTheHeader) {
  for (const char* glob : {"news.*", "news.[ab]", "newt*", "*now"}) Add(glob);
  EXPECT_EQ(index_.CountNodesForTest(), 3u);
  EXPECT_THAT(Matching("news.a"), UnorderedElementsAre("news.*", "news.[ab]"));
  EXPECT_THAT(Matching("newt.now"), UnorderedElementsAre("newt*", "*now"));
  EXPECT_THAT(Matching("newt"), ElementsAre("newt*"));
  EXPECT_THAT(Matching("new"), IsEmpty());
  EXPECT_THAT(Matching("nexus"), IsEmpty());
}

TEST_F(GlobIndexTest, SplitsAnEdgeAndJoinsItAgain) {
  Add("news.*");
  Add("newt*");
  Add("ne?t");
  EXPECT_EQ(index_.CountNodesForTest(), 4u);
  EXPECT_THAT(Matching("newt"), UnorderedElementsAre("newt*", "ne?t"));
  EXPECT_THAT(Matching("neat"), ElementsAre("ne?t"));
  EXPECT_TRUE(index_.Erase("ne?t"));
  EXPECT_EQ(index_.CountNodesForTest(), 3u);
  EXPECT_THAT(Matching("newt"), ElementsAre("newt*"));
  EXPECT_TRUE(index_.Erase("newt*"));  // the fork "new" is needless now
  EXPECT_EQ(index_.CountNodesForTest(), 1u);
  EXPECT_THAT(Matching("news.b"), ElementsAre("news.*"));
  EXPECT_TRUE(index_.Erase("news.*"));
  EXPECT_EQ(index_.CountNodesForTest(), 0u);
}

TEST_F(GlobIndexTest, KeepsANodeThatForksOrHoldsOthers) {
  for (const char* glob : {"ab*", "abc*", "abd*", "ab?"}) Add(glob);
  EXPECT_EQ(index_.CountNodesForTest(), 3u);
  EXPECT_TRUE(index_.Erase("ab*"));
  EXPECT_TRUE(index_.Erase("ab?"));
  EXPECT_EQ(index_.CountNodesForTest(), 3u);
  EXPECT_THAT(Matching("abd"), ElementsAre("abd*"));
  EXPECT_TRUE(index_.Erase("abc*"));
  EXPECT_EQ(index_.CountNodesForTest(), 1u);
  EXPECT_THAT(Matching("abd"), ElementsAre("abd*"));
}

TEST_F(GlobIndexTest, ManyGlobsOfOnePrefixAreErasedInAnyOrder) {
  for (int i = 0; i < 100; ++i) Add("room.*." + std::to_string(i));
  for (int i = 0; i < 100; i += 3) EXPECT_TRUE(index_.Erase("room.*." + std::to_string(i)));
  for (int i = 0; i < 100; ++i) {
    const std::string glob = "room.*." + std::to_string(i);
    EXPECT_EQ(index_.Find(glob) != nullptr, i % 3 != 0);
    EXPECT_THAT(Matching("room.x." + std::to_string(i)), testing::SizeIs(i % 3 != 0 ? 1 : 0));
  }
}

TEST_F(GlobIndexTest, EscapesBelongToThePrefixAndTextsAreToldApart) {
  Add("a\\*b*");
  Add("a*");
  Add("\\a*");
  EXPECT_THAT(Matching("a*bc"), UnorderedElementsAre("a\\*b*", "a*", "\\a*"));
  EXPECT_THAT(Matching("axb"), UnorderedElementsAre("a*", "\\a*"));
  EXPECT_EQ(index_.size(), 3u);
}

TEST_F(GlobIndexTest, OnlyTheEmptyGlobMatchesTheEmptyTopic) {
  Add("*");
  Add("**");
  EXPECT_THAT(Matching(""), IsEmpty());
  Add("");
  EXPECT_THAT(Matching(""), ElementsAre(""));
  EXPECT_THAT(Matching("a"), UnorderedElementsAre("*", "**"));
}

TEST_F(GlobIndexTest, BytesAboveAsciiAndNulFork) {
  for (const char* glob : {"\xFF*", "\x80*", "a*", "\x01*"}) Add(glob);
  Add(std::string("\0*", 2));
  EXPECT_THAT(Matching("\xFF"), ElementsAre("\xFF*"));
  EXPECT_THAT(Matching("\x80z"), ElementsAre("\x80*"));
  EXPECT_THAT(Matching(std::string_view("\0z", 2)), ElementsAre(std::string("\0*", 2)));
}

TEST_F(GlobIndexTest, AChainOfPrefixesNeedsNoStack) {
  std::string prefix;
  for (int i = 0; i < 4000; ++i) {
    prefix += 'a';
    Add(prefix + "*");
  }
  EXPECT_EQ(index_.CountNodesForTest(), 4000u);
  EXPECT_THAT(Matching(prefix), testing::SizeIs(4000));
  // The destructor takes it down.
}

TEST(GlobIndex, PointersStayAndValuesAreDestroyed) {
  const auto token = std::make_shared<int>(0);
  {
    GlobIndex<std::shared_ptr<int>> index;
    auto* const first = index.FindOrInsert("room.0*");
    *first = token;
    for (int i = 1; i < 1000; ++i) *index.FindOrInsert("room." + std::to_string(i) + "*") = token;
    for (int i = 1; i < 1000; i += 2) index.Erase("room." + std::to_string(i) + "*");
    EXPECT_EQ(index.Find("room.0*"), first);
    EXPECT_EQ(token.use_count(), 501);
    index.ForEach([&](std::string_view, std::shared_ptr<int>& value) { value.reset(); });
    EXPECT_EQ(token.use_count(), 1);
  }
}

}  // namespace
}  // namespace belfry
