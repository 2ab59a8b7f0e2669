// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/topic_batch.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

namespace belfry::frontend::grpc {
namespace {

core::TopicLedger::Published Messages(uint64_t messages) { return {.messages = messages}; }

// However small the batch and whatever the order of offers, the batches together are the sorted
// set.
RC_GTEST_PROP(TopicBatch, BatchesTogetherAreAllTopicsInOrderWithTheirSums,
              (const std::vector<uint16_t>& literals,
               const std::vector<std::vector<uint8_t>>& by_reactor)) {
  const size_t bytes_max = *rc::gen::inRange<size_t>(0, 2000);
  std::map<std::string, uint64_t> expected;
  for (const uint16_t literal : literals) expected["t" + std::to_string(literal)];
  for (const auto& topics : by_reactor) {
    for (const uint8_t topic : std::set<uint8_t>(topics.begin(), topics.end())) {
      expected["t" + std::to_string(topic)] += topic + 1;
    }
  }
  TopicBatch batch("", bytes_max);
  std::vector<std::pair<std::string, uint64_t>> got;
  do {
    for (const uint16_t literal : literals) batch.Add("t" + std::to_string(literal));
    for (size_t reactor = 0; reactor < by_reactor.size(); ++reactor) {
      // What a reactor says twice counts once.
      for (const uint8_t topic : by_reactor[reactor]) {
        batch.Add("t" + std::to_string(topic), static_cast<core::DestinationId>(reactor),
                  Messages(topic + uint64_t{1}));
      }
    }
    std::string name;
    PublishedSum published;
    while (batch.TakeFirst(&name, &published)) got.emplace_back(name, published.messages);
  } while (batch.NextBatch());
  RC_ASSERT(got ==
            (std::vector<std::pair<std::string, uint64_t>>(expected.begin(), expected.end())));
}

TEST(TopicBatch, KeepsNoMoreThanItsBytes) {
  TopicBatch batch("", 10'000);
  for (int i = 99'999; i >= 10'000; --i) batch.Add("t" + std::to_string(i));
  EXPECT_FALSE(batch.range().below.empty());
  std::string name;
  PublishedSum published;
  int kept = 0;
  while (batch.TakeFirst(&name, &published)) {
    EXPECT_EQ(name, "t" + std::to_string(10'000 + kept));
    ++kept;
  }
  EXPECT_GT(kept, 50);
  EXPECT_LT(kept, 100);
}

TEST(TopicBatch, HoldsWhatItsFilterMatches) {
  TopicBatch batch("a.*", 10'000);
  batch.Add("a.b");
  batch.Add("a.b.c");
  batch.Add("b");
  std::string name;
  PublishedSum published;
  ASSERT_TRUE(batch.TakeFirst(&name, &published));
  EXPECT_EQ(name, "a.b");
  EXPECT_FALSE(batch.TakeFirst(&name, &published));
}

}  // namespace
}  // namespace belfry::frontend::grpc
