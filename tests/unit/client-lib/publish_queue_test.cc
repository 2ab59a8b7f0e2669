// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/publish_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace belfry::client {
namespace {

using Kind = PublishOutcome::Kind;

constexpr size_t kNoLimit = size_t{64} << 20;

class PublishQueueTest : public testing::Test {
 protected:
  std::future<PublishOutcome> Add(const std::string& topic, const std::string& payload,
                                  PublishOptions options = {},
                                  Instant deadline = Instant(std::chrono::hours(1))) {
    std::promise<PublishOutcome> promise;
    std::future<PublishOutcome> future = promise.get_future();
    queue_.Add(topic, payload, options, deadline, std::move(promise));
    return future;
  }
  v1::PublishBatch Take(size_t limit = kNoLimit) {
    const std::optional<OutFrame> frame = queue_.TakeFrame(limit, &settled_);
    v1::ClientFrame parsed;
    if (!frame) return v1::PublishBatch();
    EXPECT_LE(frame->bytes().size(), limit);
    EXPECT_TRUE(parsed.ParseFromString(std::string(frame->bytes())));
    EXPECT_TRUE(parsed.has_publish());
    return parsed.publish();
  }
  void Results(uint64_t ok_through, std::vector<uint64_t> failed = {}) {
    v1::PublishResults results;
    results.set_producer_id(kProducer);
    results.set_ok_through(ok_through);
    for (const uint64_t sequence : failed) {
      v1::PublishOutcome* outcome = results.add_outcomes();
      outcome->set_sequence(sequence);
      outcome->set_outcome(v1::OUTCOME_FAILED);
      outcome->mutable_error()->set_code(Error::kNoReplay);
    }
    queue_.OnResults(results, &settled_);
  }
  std::vector<Kind> SettledKinds() {
    std::vector<Kind> kinds;
    for (const SettledPublish& settled : settled_) kinds.push_back(settled.outcome.kind);
    settled_.clear();
    return kinds;
  }

  static constexpr char kProducer[] = "0123456789abcdef";
  PublishQueue queue_{kProducer, 10'000};
  std::vector<SettledPublish> settled_;
};

TEST_F(PublishQueueTest, WhoWantsCountsWaitsForTheAnswer) {
  PublishOptions options;
  options.ack = AckLevel::kNone;
  options.want_counts = true;
  auto future = Add("t", "x", options);
  const v1::PublishBatch batch = Take();
  ASSERT_EQ(batch.messages_size(), 1);
  EXPECT_EQ(batch.messages(0).ack(), v1::ACK_LEVEL_ACCEPTED);
  EXPECT_TRUE(batch.messages(0).want_outcome());
  queue_.OnWritten(&settled_);
  EXPECT_TRUE(settled_.empty());
  Results(1);
  EXPECT_EQ(SettledKinds(), std::vector<Kind>{Kind::kOk});
}

TEST_F(PublishQueueTest, EncodesAllFieldsAsGeneratedCodeReadsThem) {
  PublishOptions options;
  options.ack = AckLevel::kStored;
  options.key = "k1";
  options.headers = {{"trace", "abc"}, {"empty", ""}};
  auto future = Add("orders.eu", std::string("pay\0load", 8), options);
  const v1::PublishBatch batch = Take();
  EXPECT_EQ(batch.producer_id(), kProducer);
  EXPECT_EQ(batch.first_sequence(), 1u);
  ASSERT_EQ(batch.messages_size(), 1);
  const v1::Publish& publish = batch.messages(0);
  EXPECT_EQ(publish.topic(), "orders.eu");
  EXPECT_EQ(publish.payload(), std::string("pay\0load", 8));
  EXPECT_EQ(publish.key(), "k1");
  ASSERT_EQ(publish.headers_size(), 2);
  EXPECT_EQ(publish.headers(0).key(), "trace");
  EXPECT_EQ(publish.headers(0).value(), "abc");
  EXPECT_EQ(publish.headers(1).key(), "empty");
  EXPECT_EQ(publish.headers(1).value(), "");
  EXPECT_EQ(publish.ack(), v1::ACK_LEVEL_STORED);
  EXPECT_TRUE(publish.want_outcome());
}

TEST_F(PublishQueueTest, WhatGatheredIsOneFrameWithConsecutiveSequences) {
  std::vector<std::future<PublishOutcome>> futures;
  for (int i = 0; i < 5; ++i) futures.push_back(Add("t", std::to_string(i)));
  const v1::PublishBatch first = Take();
  EXPECT_EQ(first.messages_size(), 5);
  futures.push_back(Add("t", "5"));
  const v1::PublishBatch second = Take();
  EXPECT_EQ(second.first_sequence(), 6u);
  EXPECT_FALSE(queue_.TakeFrame(kNoLimit, &settled_).has_value());
}

TEST_F(PublishQueueTest, OkThroughSettlesAllBeforeItThatHaveNoOutcomeOfTheirOwn) {
  auto a = Add("t", "1");
  auto b = Add("t", "2");
  auto c = Add("t", "3");
  Take();
  Results(2, {1});
  EXPECT_EQ(SettledKinds(), (std::vector<Kind>{Kind::kFailed, Kind::kOk}));
  EXPECT_FALSE(queue_.SettledThrough(3));
  Results(3);
  EXPECT_EQ(SettledKinds(), (std::vector<Kind>{Kind::kOk}));
  EXPECT_TRUE(queue_.SettledThrough(3));
  EXPECT_EQ(queue_.bytes(), 0u);
  EXPECT_TRUE(queue_.idle_in_flight());
}

TEST_F(PublishQueueTest, ResultsOfAnotherProducerAndOfUnknownSequencesAreIgnored) {
  auto a = Add("t", "1");
  Take();
  v1::PublishResults other;
  other.set_producer_id("ffffffffffffffff");
  other.set_ok_through(1);
  queue_.OnResults(other, &settled_);
  Results(0, {7, 0});
  EXPECT_TRUE(settled_.empty());
  Results(UINT64_MAX);
  EXPECT_EQ(SettledKinds(), (std::vector<Kind>{Kind::kOk}));
}

TEST_F(PublishQueueTest, ExpiryIsFailedBeforeWritingAndUnknownAfter) {
  const Instant soon(std::chrono::seconds(5));
  auto written = Add("t", "1", {}, soon);
  Take();
  auto waiting = Add("t", "2", {}, soon);
  auto later = Add("t", "3");
  EXPECT_EQ(queue_.next_deadline(), soon);
  queue_.Expire(soon, &settled_);
  EXPECT_EQ(SettledKinds(), (std::vector<Kind>{Kind::kUnknown, Kind::kFailed}));
  // The expired one leaves neither a hole in the sequences nor its bytes in the frame.
  const v1::PublishBatch batch = Take();
  ASSERT_EQ(batch.messages_size(), 1);
  EXPECT_EQ(batch.first_sequence(), 2u);
  EXPECT_EQ(batch.messages(0).payload(), "3");
  // A late result for the expired one changes nothing.
  Results(1);
  EXPECT_TRUE(settled_.empty());
}

TEST_F(PublishQueueTest, AckNoneIsSettledByTheWrite) {
  PublishOptions none;
  none.ack = AckLevel::kNone;
  auto a = Add("t", "1", none);
  Take();
  EXPECT_TRUE(settled_.empty());
  queue_.OnWritten(&settled_);
  ASSERT_EQ(settled_.size(), 1u);
  EXPECT_EQ(settled_[0].outcome.kind, Kind::kOk);
  EXPECT_EQ(settled_[0].outcome.achieved, AckLevel::kNone);
  EXPECT_TRUE(queue_.idle_in_flight());
}

TEST_F(PublishQueueTest, LosingTheSessionMakesWrittenOnesUnknownAndKeepsTheRest) {
  auto a = Add("t", "1");
  auto b = Add("t", "2");
  Take();
  auto c = Add("t", "3");
  queue_.LoseInFlight(&settled_);
  EXPECT_EQ(SettledKinds(), (std::vector<Kind>{Kind::kUnknown, Kind::kUnknown}));
  EXPECT_TRUE(queue_.idle_in_flight());
  EXPECT_EQ(Take().messages(0).payload(), "3");
}

TEST_F(PublishQueueTest, AResumeSendsAgainExactlyWhatDidNotArriveInItsOrder) {
  std::vector<std::future<PublishOutcome>> futures;
  const auto add = [&](const std::string& payload) { futures.push_back(Add("t", payload)); };
  for (const char* payload : {"1", "2", "3"}) add(payload);
  Take();
  for (const char* payload : {"4", "5"}) add(payload);
  Take();
  add("6");
  const size_t bytes = queue_.bytes();
  queue_.ResumeAfter(2, &settled_);
  EXPECT_TRUE(settled_.empty());
  EXPECT_EQ(queue_.bytes(), bytes);
  std::vector<std::string> payloads;
  std::vector<uint64_t> sequences;
  for (v1::PublishBatch batch = Take(); batch.messages_size() > 0; batch = Take()) {
    for (int i = 0; i < batch.messages_size(); ++i) {
      payloads.push_back(batch.messages(i).payload());
      sequences.push_back(batch.first_sequence() + static_cast<uint64_t>(i));
    }
  }
  EXPECT_EQ(payloads, (std::vector<std::string>{"3", "4", "5", "6"}));
  EXPECT_EQ(sequences, (std::vector<uint64_t>{3, 4, 5, 6}));
  Results(6, {4});
  EXPECT_EQ(SettledKinds(), (std::vector<Kind>{Kind::kFailed, Kind::kOk, Kind::kOk, Kind::kOk,
                                               Kind::kOk, Kind::kOk}));
  EXPECT_EQ(queue_.bytes(), 0u);
}

TEST_F(PublishQueueTest, WhatExpiresBetweenTwoTriesIsNotSentAgain) {
  auto kept = Add("t", "kept");
  auto expired = Add("t", "expired", {}, Instant(std::chrono::seconds(1)));
  auto later = Add("t", "later", {}, Instant(std::chrono::seconds(20)));
  Take();
  queue_.Expire(Instant(std::chrono::seconds(2)), &settled_);
  EXPECT_EQ(SettledKinds(), (std::vector<Kind>{Kind::kUnknown}));
  queue_.ResumeAfter(0, &settled_);
  // Known not to have arrived: what expires from here on has certainly failed.
  queue_.Expire(Instant(std::chrono::seconds(21)), &settled_);
  EXPECT_EQ(SettledKinds(), (std::vector<Kind>{Kind::kFailed}));
  const v1::PublishBatch again = Take();
  ASSERT_EQ(again.messages_size(), 1);
  EXPECT_EQ(again.messages(0).payload(), "kept");
  EXPECT_EQ(again.first_sequence(), 1u);
}

TEST_F(PublishQueueTest, ABrokerThatClaimsMoreThanWasSentIsNotBelieved) {
  auto a = Add("t", "1");
  Take();
  queue_.ResumeAfter(1'000'000, &settled_);
  auto b = Add("t", "2");
  EXPECT_EQ(Take().first_sequence(), 2u);
  // One that takes back what it said is sent all of it again, and nothing breaks.
  queue_.ResumeAfter(1, &settled_);
  queue_.ResumeAfter(0, &settled_);
  EXPECT_EQ(Take().first_sequence(), 1u);
  EXPECT_EQ(Take().first_sequence(), 2u);
}

TEST_F(PublishQueueTest, CloseSettlesEverythingAndFreesAllBytes) {
  auto a = Add("t", "1");
  Take();
  auto b = Add("t", "2");
  queue_.CloseAll(&settled_);
  EXPECT_EQ(SettledKinds(), (std::vector<Kind>{Kind::kUnknown, Kind::kFailed}));
  EXPECT_EQ(queue_.bytes(), 0u);
}

TEST_F(PublishQueueTest, RoomIsBytesAndOneMessageAlwaysFits) {
  const size_t cost = PublishQueue::CostOf("t", std::string(9'000, 'x'), {});
  EXPECT_TRUE(queue_.HasRoom(50'000));
  auto a = Add("t", std::string(9'000, 'x'));
  EXPECT_EQ(queue_.bytes(), cost);
  EXPECT_FALSE(queue_.HasRoom(1'000));
  EXPECT_TRUE(queue_.HasRoom(10'000 - cost));
}

TEST_F(PublishQueueTest, CallbacksKeepTheirBytesUntilTheyHaveRun) {
  queue_.Add("t", "1", {}, Instant(std::chrono::hours(1)), PublishCallback([](auto&) {}));
  Take();
  Results(1);
  ASSERT_EQ(settled_.size(), 1u);
  EXPECT_GT(queue_.bytes(), 0u);
  queue_.ReleaseCallbackBytes(settled_[0].callback_bytes);
  EXPECT_EQ(queue_.bytes(), 0u);
}

TEST_F(PublishQueueTest, FramesStayWithinTheBrokersLimit) {
  std::vector<std::future<PublishOutcome>> futures;
  for (int i = 0; i < 10; ++i) futures.push_back(Add("t", std::string(300, 'a' + i)));
  futures.push_back(Add("t", std::string(2'000, 'z')));
  futures.push_back(Add("t", "end"));
  int messages = 0;
  uint64_t next = 1;
  std::string firsts;
  for (v1::PublishBatch batch = Take(1'000); batch.messages_size() > 0; batch = Take(1'000)) {
    EXPECT_EQ(batch.first_sequence(), next);
    next += batch.messages_size();
    messages += batch.messages_size();
    for (const v1::Publish& publish : batch.messages()) firsts += publish.payload()[0];
  }
  EXPECT_EQ(messages, 11);
  EXPECT_EQ(firsts, "abcdefghije");
  ASSERT_EQ(settled_.size(), 1u);
  EXPECT_EQ(settled_[0].outcome.error.code, Error::kPayloadTooLarge);
}

TEST_F(PublishQueueTest, AChunkIsAboutAFrameSoLargeLoadsAreManyFrames) {
  std::vector<std::future<PublishOutcome>> futures;
  const std::string payload(10'000, 'x');
  for (int i = 0; i < 100; ++i) futures.push_back(Add("t", payload));
  const v1::PublishBatch batch = Take();
  EXPECT_GT(batch.messages_size(), 20);
  EXPECT_LE(batch.ByteSizeLong(), PublishQueue::kFrameBytesMax);
}

TEST_F(PublishQueueTest, AtMost256BatchesAreUnsettled) {
  std::vector<std::future<PublishOutcome>> futures;
  for (size_t i = 0; i < PublishQueue::kBatchesInFlightMax; ++i) {
    futures.push_back(Add("t", "x"));
    ASSERT_EQ(Take().messages_size(), 1);
  }
  futures.push_back(Add("t", "x"));
  EXPECT_EQ(Take().messages_size(), 0);
  Results(1);
  EXPECT_EQ(Take().messages_size(), 1);
}

TEST_F(PublishQueueTest, ExpiredBytesDoNotPileUpBehindALongDeadline) {
  auto keep = Add("t", std::string(100, 'k'));
  std::vector<std::future<PublishOutcome>> futures;
  for (int round = 1; round <= 50; ++round) {
    for (int i = 0; i < 20; ++i) {
      futures.push_back(Add("t", std::string(100, 's'), {}, Instant(std::chrono::seconds(round))));
    }
    queue_.Expire(Instant(std::chrono::seconds(round)), &settled_);
  }
  EXPECT_EQ(settled_.size(), 1'000u);
  const v1::PublishBatch batch = Take();
  ASSERT_EQ(batch.messages_size(), 1);
  EXPECT_EQ(batch.messages(0).payload(), std::string(100, 'k'));
}

}  // namespace
}  // namespace belfry::client
