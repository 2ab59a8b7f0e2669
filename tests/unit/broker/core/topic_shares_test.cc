// SPDX-License-Identifier: Apache-2.0
#include "broker/core/topic_shares.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace belfry::core {
namespace {

TEST(TopicShares, AmongEqualsTheOneThatPaidLastIsLast) {
  TopicShares shares;
  TopicShares::Share& a = shares.Of("a");
  shares.Grow(a, 100);
  shares.Grow(a, 100);
  TopicShares::Share& b = shares.Of("b");
  shares.Grow(b, 130);
  shares.Grow(b, 130);
  EXPECT_EQ(&shares.Heaviest(), &b);  // 260 is in the next bucket above 200
  shares.Shrink("b", b, 60);
  EXPECT_EQ(&shares.Heaviest(), &a);
}

RC_GTEST_PROP(TopicShares, TheHeaviestIsWithinAFactorOfTwo, ()) {
  TopicShares shares;
  std::map<std::string, std::vector<size_t>> model;
  const auto bytes_of = [&](const std::string& topic) {
    size_t sum = 0;
    for (const size_t bytes : model[topic]) sum += bytes;
    return sum;
  };
  const auto steps = *rc::gen::arbitrary<std::vector<std::pair<uint8_t, uint16_t>>>();
  for (const auto& [which, size] : steps) {
    const std::string topic(1, static_cast<char>('a' + which % 7));
    if (which < 180 || model[topic].empty()) {
      shares.Grow(shares.Of(topic), size + 1u);
      model[topic].push_back(size + 1u);
    } else {
      shares.Shrink(topic, shares.Of(topic), model[topic].back());
      model[topic].pop_back();
    }
    size_t heaviest = 0;
    for (const auto& [name, sizes] : model) heaviest = std::max(heaviest, bytes_of(name));
    RC_ASSERT(shares.empty() == (heaviest == 0));
    if (heaviest != 0) RC_ASSERT(shares.Heaviest().bytes * 2 > heaviest);
  }
}

}  // namespace
}  // namespace belfry::core
