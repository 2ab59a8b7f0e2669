// SPDX-License-Identifier: Apache-2.0
//
// The checker of histories finds each kind of lie, and nothing in the truth.
#include "tests/support/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

#include "client-lib/src/record.h"

namespace belfry::test {
namespace {

using Kind = PublishOutcome::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HistoryTest : public testing::Test {
 protected:
  void Publish(Kind kind) {
    PublishOutcome outcome;
    outcome.kind = kind;
    published_.Settle(published_.Invoke(), outcome);
  }
  void PublishOk(int count) {
    for (int i = 0; i < count; ++i) Publish(Kind::kOk);
  }
  void Deliver(uint64_t number) {
    auto record = std::make_shared<client::Record>();
    payloads_.push_back(std::to_string(number));
    record->view.payload = payloads_.back();
    delivered_.OnMessage(Message(std::move(record)));
  }
  void Lose(uint64_t count) {
    delivered_.OnGap(Gap{GapCause::kOverflow, {TopicGap{"t", count, 0, 0, 0}}, count});
  }
  void LoseUnknown() { delivered_.OnGap(Gap{GapCause::kReconnect, {}, std::nullopt}); }
  Violations Check() { return CheckAll(published_, delivered_); }

  std::deque<std::string> payloads_;
  PublishHistory published_;
  DeliveryHistory delivered_{"t"};
};

TEST_F(HistoryTest, TheTruthHasNoViolations) {
  PublishOk(4);
  Publish(Kind::kFailed);
  Publish(Kind::kUnknown);
  Publish(Kind::kUnknown);
  PublishOk(3);
  Deliver(1);
  Lose(2);
  Deliver(4);
  Deliver(6);
  Deliver(8);
  LoseUnknown();
  EXPECT_THAT(Check(), IsEmpty());
}

TEST_F(HistoryTest, SilentLossIsFound) {
  PublishOk(3);
  Deliver(1);
  Deliver(3);
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("2 to 2")));
}

TEST_F(HistoryTest, SilentLossAtTheEndIsFound) {
  PublishOk(3);
  Deliver(1);
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("2 to 3")));
}

TEST_F(HistoryTest, AGapInTheWrongPlaceIsFound) {
  PublishOk(4);
  Deliver(1);
  Deliver(3);
  Lose(1);
  Deliver(4);
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("2 to 2"), HasSubstr("a gap of 1 where 0 OK")));
}

TEST_F(HistoryTest, ACountThatIsTooLowOrTooHighIsFound) {
  PublishOk(9);
  Lose(1);
  Deliver(3);
  Lose(3);
  Deliver(6);
  Deliver(7);
  Deliver(8);
  Deliver(9);
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("a gap of 1"), HasSubstr("a gap of 3")));
}

TEST_F(HistoryTest, DoublesAndDisorderAreFound) {
  PublishOk(3);
  for (const uint64_t number : {1, 2, 2, 3, 1}) Deliver(number);
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("2 came after 2"), HasSubstr("1 came after 3")));
}

TEST_F(HistoryTest, WhatFailedMustNotComeNorWhatNobodySaid) {
  Publish(Kind::kFailed);
  Deliver(1);
  Deliver(7);
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("1 FAILED"), HasSubstr("7 was never")));
}

TEST_F(HistoryTest, OutcomesThatAreMissingOrTooManyAreFound) {
  PublishOutcome ok;
  ok.kind = Kind::kOk;
  published_.Invoke();
  published_.Settle(published_.Invoke(), ok);
  published_.Settle(2, ok);
  Deliver(2);
  EXPECT_THAT(Check(), ElementsAre(HasSubstr("1 publishes without"), HasSubstr("1 outcomes too")));
}

}  // namespace
}  // namespace belfry::test
