// SPDX-License-Identifier: Apache-2.0
#include "broker/core/sent_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/hand_driven_node.h"
#include "tests/support/recording_sink.h"

namespace belfry::core {
namespace {

using test::RecordingSink;
using testing::ElementsAre;
using testing::IsEmpty;

class SentFramesTest : public testing::Test {
 protected:
  void Deliver(std::initializer_list<std::string_view> payloads) {
    std::vector<Ref<const Record>> records;
    for (const std::string_view payload : payloads) {
      records.push_back(Record::Encode(test::Message("t", payload), {}));
    }
    frames_.SendDeliver(sink_, 0, records);
    EXPECT_TRUE(records.empty());
  }
  std::vector<std::string> Rewrite(uint64_t through) {
    RecordingSink fresh;
    frames_.Rewind(through);
    while (frames_.HasUnwritten()) frames_.WriteNext(fresh);
    return fresh.Take();
  }

  RecordingSink sink_;
  SentFrames frames_{10'000};
};

TEST_F(SentFramesTest, AllKindsAreWrittenAgainInOrderFromWhereTheClientWas) {
  frames_.SendSubscribeResults(sink_, std::vector<SubscribeResult>{{.id = 5}});
  Deliver({"1", "2"});
  frames_.SendPublishResults(sink_, PublishResults{9, {}});
  frames_.SendPublishResults(sink_, PublishResults{11, {{.sequence = 11}}});
  frames_.SendGap(sink_, 2, Gap{GapCause::kOverflow, {{"t", 3}}, 3, true});
  Deliver({"3"});
  EXPECT_EQ(frames_.sent(), 6u);
  EXPECT_EQ(Rewrite(0), sink_.Take());
  EXPECT_THAT(Rewrite(2),
              ElementsAre("ok_through 9", "ok_through 11", "outcome 11 OK subscribers=0",
                          "lane 2: gap t:3 total=3", "t=3"));
  EXPECT_THAT(Rewrite(6), IsEmpty());
}

TEST_F(SentFramesTest, WhatIsAcknowledgedIsForgotten) {
  Deliver({"1"});
  Deliver({"2"});
  EXPECT_TRUE(frames_.Acknowledge(1));
  EXPECT_FALSE(frames_.CanResumeAfter(0));
  EXPECT_TRUE(frames_.CanResumeAfter(1));
  EXPECT_TRUE(frames_.Acknowledge(0));
  EXPECT_TRUE(frames_.Acknowledge(2));
  EXPECT_EQ(frames_.kept_bytes(), 0u);
  EXPECT_TRUE(frames_.CanResumeAfter(2));
}

TEST_F(SentFramesTest, NobodyAcknowledgesOrResumesWhatWasNotSent) {
  Deliver({"1"});
  EXPECT_FALSE(frames_.Acknowledge(2));
  EXPECT_FALSE(frames_.CanResumeAfter(2));
  EXPECT_FALSE(frames_.CanResumeAfter(UINT64_MAX));
}

TEST_F(SentFramesTest, BeyondTheBoundTheOldestIsForgotten) {
  const std::string big(3000, 'x');
  for (int i = 0; i < 5; ++i) Deliver({big});
  EXPECT_LE(frames_.kept_bytes(), 10'000u);
  EXPECT_EQ(frames_.sent(), 5u);
  EXPECT_FALSE(frames_.CanResumeAfter(1));
  EXPECT_TRUE(frames_.CanResumeAfter(2));
  EXPECT_EQ(Rewrite(3).size(), 2u);
}

TEST_F(SentFramesTest, AnAcknowledgementMayComeInTheMiddleOfARewrite) {
  for (const char* payload : {"1", "2", "3"}) Deliver({payload, payload});
  RecordingSink fresh;
  frames_.Rewind(0);
  frames_.WriteNext(fresh);
  EXPECT_TRUE(frames_.Acknowledge(1));
  while (frames_.HasUnwritten()) frames_.WriteNext(fresh);
  EXPECT_THAT(fresh.Take(), ElementsAre("t=1", "t=1", "t=2", "t=2", "t=3", "t=3"));
}

TEST_F(SentFramesTest, WithoutABoundNothingIsKept) {
  SentFrames none(0);
  std::vector<Ref<const Record>> records{Record::Encode(test::Message("t", "x"), {})};
  none.SendDeliver(sink_, 0, records);
  none.SendGap(sink_, 0, Gap::OfUnknownCount(GapCause::kOverflow));
  none.SendPublishResults(sink_, PublishResults{1, {}});
  EXPECT_EQ(none.kept_bytes(), 0u);
  EXPECT_EQ(none.sent(), 3u);
  EXPECT_FALSE(none.CanResumeAfter(2));
  // A client that has everything needs nothing again.
  EXPECT_TRUE(none.CanResumeAfter(3));
  EXPECT_FALSE(none.Acknowledge(4));
  EXPECT_EQ(sink_.Take().size(), 3u);
}

}  // namespace
}  // namespace belfry::core
