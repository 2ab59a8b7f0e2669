// SPDX-License-Identifier: Apache-2.0
#include "common/topic/filter_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/naive_matcher.h"

namespace belfry {
namespace {

using std::string_view_literals::operator""sv;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr FilterView Literal(std::string_view text) { return {FilterKind::kLiteral, text}; }
constexpr FilterView Wildcard(std::string_view text) { return {FilterKind::kWildcard, text}; }
constexpr FilterView Glob(std::string_view text) { return {FilterKind::kGlob, text}; }

std::vector<int> Matching(const FilterIndex<int>& index, std::string_view topic,
                          MatchScope scope = MatchScope::kAll) {
  std::vector<int> found;
  index.Match(topic, scope, [&](const int& value) { found.push_back(value); });
  return found;
}

TEST(FilterIndex, KindsDoNotMix) {
  FilterIndex<int> index;
  EXPECT_TRUE(index.empty());
  *index.FindOrInsert(Literal("a.*")) = 1;
  EXPECT_FALSE(index.has_patterns());
  *index.FindOrInsert(Wildcard("a.*")) = 2;
  EXPECT_TRUE(index.has_patterns());
  *index.FindOrInsert(Glob("a.*")) = 3;
  EXPECT_EQ(index.size(), 3u);
  EXPECT_THAT(Matching(index, "a.*"), UnorderedElementsAre(1, 2, 3));
  EXPECT_THAT(Matching(index, "a.b"), UnorderedElementsAre(2, 3));
  EXPECT_THAT(Matching(index, "a.b.c"), ElementsAre(3));
  EXPECT_TRUE(index.Erase(Wildcard("a.*")));
  EXPECT_FALSE(index.Erase(Wildcard("a.*")));
  EXPECT_TRUE(index.has_patterns());
  EXPECT_THAT(Matching(index, "a.*"), UnorderedElementsAre(1, 3));
  EXPECT_TRUE(index.Erase(Glob("a.*")));
  EXPECT_FALSE(index.has_patterns());
  EXPECT_EQ(*index.Find(Literal("a.*")), 1);
}

TEST(FilterIndex, LiteralsComeFirst) {
  FilterIndex<int> index;
  *index.FindOrInsert(Glob("*")) = 3;
  *index.FindOrInsert(Wildcard(">")) = 2;
  *index.FindOrInsert(Literal("a")) = 1;
  EXPECT_EQ(Matching(index, "a").front(), 1);
}

TEST(FilterIndex, LiteralOnlyLeavesPatternsOut) {
  FilterIndex<int> index;
  *index.FindOrInsert(Glob("*")) = 3;
  *index.FindOrInsert(Wildcard(">")) = 2;
  *index.FindOrInsert(Literal("a")) = 1;
  EXPECT_THAT(Matching(index, "a", MatchScope::kLiteralOnly), ElementsAre(1));
  EXPECT_THAT(Matching(index, "b", MatchScope::kLiteralOnly), ElementsAre());
}

TEST(FilterIndex, MatchMayChangeValues) {
  FilterIndex<int> index;
  for (const FilterView filter : {Literal("a"), Wildcard("*"), Glob("?")})
    index.FindOrInsert(filter);
  index.Match("a", MatchScope::kAll, [](int& value) { ++value; });
  for (const FilterView filter : {Literal("a"), Wildcard("*"), Glob("?")}) {
    EXPECT_EQ(*std::as_const(index).Find(filter), 1);
  }
}

// A small alphabet, so that filters collide, overlap and share prefixes; all of them within what
// validation allows or not, as the index must be safe with either.
rc::Gen<Filter> AnyFilter() {
  return rc::gen::apply(
      [](FilterKind kind, const std::vector<std::string>& parts, const std::string& glob) {
        if (kind == FilterKind::kGlob) return Filter(FilterKind::kGlob, glob);
        std::string text;
        for (size_t i = 0; i < parts.size(); ++i) text += (i == 0 ? "" : ".") + parts[i];
        return Filter(kind, text);
      },
      rc::gen::element(FilterKind::kLiteral, FilterKind::kWildcard, FilterKind::kGlob),
      rc::gen::resize(6, rc::gen::container<std::vector<std::string>>(
                             rc::gen::element<std::string>("a", "b", "ab", "", "*", "*", ">"))),
      rc::gen::resize(8, rc::gen::container<std::string>(rc::gen::elementOf("aab..**?[^]\\"sv))));
}

rc::Gen<std::string> AnyTopic() {
  return rc::gen::resize(10, rc::gen::container<std::string>(rc::gen::elementOf("aab..*"sv)));
}

RC_GTEST_PROP(FilterIndex, AgreesWithTheNaiveMatcherWhileFiltersComeAndGo, ()) {
  FilterIndex<int> index;
  std::map<std::pair<FilterKind, std::string>, int> model;
  int next = 1;
  const auto check = [&](const std::string& topic, MatchScope scope) {
    std::vector<int> expected;
    for (const auto& [filter, value] : model) {
      const bool in_scope = scope == MatchScope::kAll || filter.first == FilterKind::kLiteral;
      if (in_scope && naive::Matches({filter.first, filter.second}, topic))
        expected.push_back(value);
    }
    std::vector<int> found = Matching(index, topic, scope);
    std::vector<int> counted;
    index.MatchAndCountVisits(topic, scope, [&](const int& value) { counted.push_back(value); });
    RC_ASSERT(counted == found);
    std::sort(expected.begin(), expected.end());
    std::sort(found.begin(), found.end());
    RC_ASSERT(found == expected);
  };

  const auto filters =
      *rc::gen::resize(60, rc::gen::nonEmpty(rc::gen::container<std::vector<Filter>>(AnyFilter())));
  const auto steps = *rc::gen::container<std::vector<std::pair<int, uint16_t>>>(
      rc::gen::pair(rc::gen::element(0, 1, 2), rc::gen::arbitrary<uint16_t>()));
  for (const Filter& filter : filters) {
    bool inserted = false;
    int* const value = index.FindOrInsert(filter, &inserted);
    const auto [it, is_new] = model.try_emplace({filter.kind, filter.text}, next);
    RC_ASSERT(inserted == is_new);
    if (inserted) *value = next++;
    RC_ASSERT(*value == it->second);
  }
  for (const auto& [what, which] : steps) {
    const Filter& filter = filters[which % filters.size()];
    const auto key = std::pair(filter.kind, filter.text);
    if (what == 0) {
      RC_ASSERT(index.Erase(filter) == (model.erase(key) == 1));
      RC_ASSERT(index.Find(filter) == nullptr);
    } else if (what == 1) {
      bool inserted = false;
      int* const value = index.FindOrInsert(filter, &inserted);
      RC_ASSERT(inserted == !model.contains(key));
      if (inserted) *value = model[key] = next++;
    } else {
      check(*AnyTopic(), MatchScope::kAll);
    }
  }
  RC_ASSERT(index.size() == model.size());
  for (int i = 0; i < 8; ++i) check(*AnyTopic(), MatchScope::kAll);
  check(*AnyTopic(), MatchScope::kLiteralOnly);

  std::map<std::pair<FilterKind, std::string>, int> listed;
  index.ForEach([&](FilterView filter, const int& value) {
    RC_ASSERT(listed.emplace(std::pair(filter.kind, std::string(filter.text)), value).second);
  });
  RC_ASSERT(listed == model);
  for (const auto& [filter, value] : model) RC_ASSERT(index.Erase({filter.first, filter.second}));
  RC_ASSERT(index.empty());
  RC_ASSERT(!index.has_patterns());
}

RC_GTEST_PROP(FilterIndex, TreesAreBareWhenTheirFiltersAreGone, ()) {
  const auto filters = *rc::gen::container<std::vector<Filter>>(AnyFilter());
  WildcardIndex<int> wildcards;
  GlobIndex<int> globs;
  for (const Filter& filter : filters) {
    wildcards.FindOrInsert(filter.text);
    globs.FindOrInsert(filter.text);
  }
  for (const Filter& filter : filters) {
    wildcards.Erase(filter.text);
    globs.Erase(filter.text);
    // A radix tree over n keys has at most n - 1 forks besides the keys' own nodes.
    RC_ASSERT(globs.CountNodesForTest() <= 2 * globs.size());
  }
  RC_ASSERT(wildcards.CountNodesForTest() == 0u);
  RC_ASSERT(globs.CountNodesForTest() == 0u);
}

TEST(FilterIndex, HoldsValuesThatCannotMove) {
  struct Pinned {
    Pinned() = default;
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;
    std::vector<int> members;
  };
  FilterIndex<Pinned> index;
  for (const FilterView filter : {Literal("a"), Wildcard("*"), Glob("?")}) {
    index.FindOrInsert(filter)->members.push_back(1);
  }
  size_t seen = 0;
  index.Match("a", MatchScope::kAll, [&](Pinned& value) { seen += value.members.size(); });
  EXPECT_EQ(seen, 3u);
}

}  // namespace
}  // namespace belfry
