// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/subscription_ledger.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::client {
namespace {

constexpr size_t kNoLimit = size_t{1} << 20;

class SubscriptionLedgerTest : public testing::Test {
 protected:
  v1::ClientFrame Next(size_t limit = kNoLimit) {
    v1::ClientFrame frame;
    const std::optional<OutFrame> bytes = ledger_.NextFrame(limit);
    if (bytes && !frame.ParseFromString(std::string(bytes->bytes()))) ADD_FAILURE();
    return frame;
  }
  std::vector<uint32_t> NextSubscribed() {
    std::vector<uint32_t> ids;
    const v1::ClientFrame frame = Next();
    for (const auto& subscribe : frame.subscribe().subscriptions()) ids.push_back(subscribe.id());
    return ids;
  }
  std::vector<uint32_t> NextRemoved() {
    const v1::ClientFrame frame = Next();
    return {frame.unsubscribe().ids().begin(), frame.unsubscribe().ids().end()};
  }
  bool Result(uint32_t id, v1::Verdict verdict) {
    v1::SubscribeResult result;
    result.set_id(id);
    result.set_verdict(verdict);
    return ledger_.OnResult(result);
  }

  SubscriptionLedger ledger_;
};

using Ids = std::vector<uint32_t>;

TEST_F(SubscriptionLedgerTest, KindsAndTextsAreSent) {
  ledger_.Add(1, Literal("a.b"));
  ledger_.Add(2, Wildcard("a.>"));
  ledger_.Add(3, Glob("a*"));
  const v1::SubscribeBatch batch = Next().subscribe();
  ASSERT_EQ(batch.subscriptions_size(), 3);
  EXPECT_EQ(batch.subscriptions(0).filter().kind(), v1::FILTER_KIND_LITERAL);
  EXPECT_EQ(batch.subscriptions(1).filter().kind(), v1::FILTER_KIND_WILDCARD);
  EXPECT_EQ(batch.subscriptions(2).filter().kind(), v1::FILTER_KIND_GLOB);
  EXPECT_EQ(batch.subscriptions(2).filter().text(), "a*");
  EXPECT_FALSE(ledger_.HasWork());
}

TEST_F(SubscriptionLedgerTest, WhatEndsBeforeItWasToldIsNeverTold) {
  ledger_.Add(1, Literal("a"));
  ledger_.Remove(1);
  EXPECT_FALSE(ledger_.NextFrame(kNoLimit).has_value());
  EXPECT_FALSE(ledger_.HasWork());
}

TEST_F(SubscriptionLedgerTest, RemovalIsToldEvenBeforeTheAnswer) {
  ledger_.Add(1, Literal("a"));
  EXPECT_EQ(NextSubscribed(), Ids{1});
  ledger_.Remove(1);
  EXPECT_EQ(NextRemoved(), Ids{1});
  EXPECT_FALSE(Result(1, v1::VERDICT_NEW));
  EXPECT_FALSE(Result(1, v1::VERDICT_REMOVED));
}

TEST_F(SubscriptionLedgerTest, ANewSessionIsToldEverythingStillWanted) {
  for (uint32_t id = 1; id <= 4; ++id) ledger_.Add(id, Literal("t" + std::to_string(id)));
  EXPECT_EQ(NextSubscribed(), (Ids{1, 2, 3, 4}));
  EXPECT_TRUE(Result(1, v1::VERDICT_NEW));
  EXPECT_TRUE(Result(2, v1::VERDICT_REFUSED));
  ledger_.Remove(3);
  ledger_.OnNewSession();
  EXPECT_EQ(NextSubscribed(), (Ids{1, 4}));
  EXPECT_FALSE(ledger_.HasWork());
}

TEST_F(SubscriptionLedgerTest, AResumedSessionIsToldOnlyWhatWentUnanswered) {
  for (uint32_t id = 1; id <= 3; ++id) ledger_.Add(id, Literal("t" + std::to_string(id)));
  EXPECT_EQ(NextSubscribed(), (Ids{1, 2, 3}));
  EXPECT_TRUE(Result(1, v1::VERDICT_NEW));
  ledger_.Remove(2);
  EXPECT_EQ(NextRemoved(), Ids{2});
  ledger_.OnResumedSession();
  EXPECT_EQ(NextRemoved(), Ids{2});
  EXPECT_EQ(NextSubscribed(), Ids{3});
  EXPECT_FALSE(ledger_.HasWork());
}

TEST_F(SubscriptionLedgerTest, AnAnswerFromBeforeABreakCountsAfterTheResume) {
  for (uint32_t id = 1; id <= 2; ++id) ledger_.Add(id, Literal("t" + std::to_string(id)));
  EXPECT_EQ(NextSubscribed(), (Ids{1, 2}));
  ledger_.OnResumedSession();
  EXPECT_TRUE(Result(1, v1::VERDICT_NEW));
  EXPECT_EQ(NextSubscribed(), Ids{2});
  EXPECT_FALSE(ledger_.HasWork());
}

TEST_F(SubscriptionLedgerTest, WhatEndsAfterAResumeIsRemovedThoughItsAnswerIsStillOut) {
  ledger_.Add(1, Literal("t"));
  EXPECT_EQ(NextSubscribed(), Ids{1});
  ledger_.OnResumedSession();
  ledger_.Remove(1);
  EXPECT_EQ(NextRemoved(), Ids{1});
  EXPECT_FALSE(ledger_.NextFrame(kNoLimit).has_value());
}

TEST_F(SubscriptionLedgerTest, WhatComesAndGoesUntoldLeavesNothingBehind) {
  for (uint32_t id = 1; id <= 10; ++id) ledger_.Add(id, Literal("stays"));
  for (uint32_t id = 11; id <= 100'000; ++id) {
    ledger_.Add(id, Literal("t"));
    ledger_.Remove(id);
    ASSERT_LT(ledger_.queued(), 1'000u);
  }
  EXPECT_EQ(NextSubscribed(), (Ids{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_FALSE(ledger_.HasWork());
}

TEST_F(SubscriptionLedgerTest, HundredThousandAreAFewFramesWithinTheLimit) {
  for (uint32_t id = 1; id <= 100'000; ++id) {
    ledger_.Add(id, Literal("rooms." + std::to_string(id) + ".events"));
  }
  int frames = 0;
  int subscriptions = 0;
  while (ledger_.HasWork()) {
    const v1::ClientFrame frame = Next(256 << 10);
    EXPECT_LE(frame.ByteSizeLong(), size_t{256} << 10);
    subscriptions += frame.subscribe().subscriptions_size();
    ++frames;
  }
  EXPECT_EQ(subscriptions, 100'000);
  EXPECT_LT(frames, 30);
}

}  // namespace
}  // namespace belfry::client
