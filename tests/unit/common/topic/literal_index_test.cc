// SPDX-License-Identifier: Apache-2.0
#include "common/topic/literal_index.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace belfry {
namespace {

TEST(LiteralIndex, InsertsFindsAndErases) {
  LiteralIndex<int> index;
  bool inserted = false;
  int* const a = index.FindOrInsert("a", &inserted);
  EXPECT_TRUE(inserted);
  EXPECT_EQ(*a, 0) << "a new Value is default constructed";
  *a = 7;
  EXPECT_EQ(index.FindOrInsert("a", &inserted), a);
  EXPECT_FALSE(inserted);
  EXPECT_EQ(index.Find("a"), a);
  EXPECT_EQ(index.Find("b"), nullptr);
  EXPECT_EQ(std::as_const(index).Find("a", TopicHash("a")), a);
  EXPECT_FALSE(index.Erase("b"));
  EXPECT_TRUE(index.Erase("a"));
  EXPECT_FALSE(index.Erase("a"));
  EXPECT_TRUE(index.empty());
}

TEST(LiteralIndex, TellsTextsApartByLengthAndByNul) {
  LiteralIndex<int> index;
  for (const std::string& text : {std::string(), std::string("a"), std::string("a\0", 2),
                                  std::string("\0", 1), std::string(4096, 'a')}) {
    bool inserted = false;
    const auto* const entry = index.FindOrInsertEntry(text, &inserted);
    EXPECT_TRUE(inserted);
    EXPECT_EQ(entry->text(), text);
  }
  EXPECT_EQ(index.size(), 5u);
}

TEST(LiteralIndex, PointersStayWhileOthersComeAndGo) {
  LiteralIndex<int> index;
  std::vector<int*> values;
  for (int i = 0; i < 5000; ++i) {
    values.push_back(index.FindOrInsert("topic." + std::to_string(i)));
    *values.back() = i;
  }
  for (int i = 0; i < 5000; ++i) {
    if (i % 50 == 0) continue;
    EXPECT_TRUE(index.Erase("topic." + std::to_string(i)));
  }
  for (int i = 0; i < 5000; i += 50) {
    EXPECT_EQ(index.Find("topic." + std::to_string(i)), values[i]);
    EXPECT_EQ(*values[i], i);
  }
}

TEST(LiteralIndex, AnErasedTextMayBeItsOwn) {
  LiteralIndex<int> index;
  const auto* const entry = index.FindOrInsertEntry("a.long.text.that.is.on.the.heap");
  EXPECT_TRUE(index.Erase(entry->text()));
  EXPECT_TRUE(index.empty());
}

TEST(LiteralIndex, DestroysItsValues) {
  const auto token = std::make_shared<int>(0);
  {
    LiteralIndex<std::shared_ptr<int>> index;
    for (const char* text : {"a", "b", "c"}) *index.FindOrInsert(text) = token;
    index.Erase("b");
    EXPECT_EQ(token.use_count(), 3);
  }
  EXPECT_EQ(token.use_count(), 1);
}

TEST(LiteralIndex, HoldsValuesThatCannotMoveOfAnySizeAndAlignment) {
  struct Odd {
    Odd() = default;
    Odd(const Odd&) = delete;
    char bytes[3] = {1, 2, 3};
  };
  struct alignas(16) Wide {
    long double number = 2;
    char tail = 5;
  };
  struct Nothing {};
  LiteralIndex<Odd> odd;
  LiteralIndex<Wide> wide;
  LiteralIndex<Nothing> nothing;
  const std::string text = "the text lies right behind the value";
  for (size_t size = 0; size <= text.size(); ++size) {
    const std::string_view part = std::string_view(text).substr(0, size);
    EXPECT_EQ(odd.FindOrInsertEntry(part)->value.bytes[2], 3);
    EXPECT_EQ(wide.FindOrInsertEntry(part)->value.tail, 5);
    EXPECT_EQ(odd.FindOrInsertEntry(part)->text(), part);
    EXPECT_EQ(wide.FindOrInsertEntry(part)->text(), part);
    EXPECT_EQ(nothing.FindOrInsertEntry(part)->text(), part);
  }
}

RC_GTEST_PROP(LiteralIndex, AgreesWithAMap, ()) {
  LiteralIndex<int> index;
  std::map<std::string, int> model;
  const auto ops = *rc::gen::container<std::vector<std::tuple<bool, std::string, int>>>(
      rc::gen::tuple(rc::gen::arbitrary<bool>(),
                     rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab."))),
                     rc::gen::arbitrary<int>()));
  for (const auto& [insert, text, value] : ops) {
    if (insert) {
      bool inserted = false;
      int* const place = index.FindOrInsert(text, &inserted);
      RC_ASSERT(inserted == !model.contains(text));
      *place = model[text] = value;
    } else {
      RC_ASSERT(index.Erase(text) == (model.erase(text) == 1));
    }
  }
  std::map<std::string, int> found;
  std::as_const(index).ForEach(
      [&](std::string_view text, const int& value) { found.emplace(text, value); });
  RC_ASSERT(found == model);
  RC_ASSERT(index.size() == model.size());
}

}  // namespace
}  // namespace belfry
