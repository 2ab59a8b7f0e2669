// SPDX-License-Identifier: Apache-2.0
#include "tests/support/strict_broker.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace belfry::test {

std::string StrictBroker::PayloadOf(uint64_t number, size_t padding) {
  return std::to_string(number) + "#" + std::string(padding, 'x');
}

void StrictBroker::OnSession(const v1::Welcome& welcome, bool resumed) {
  if (!resumed) {
    numbered_ = 0;
    next_sequence_.reset();
    return;
  }
  const uint64_t through = std::min<uint64_t>(welcome.publishes_through(), last_sequence_);
  std::erase_if(sequences_, [through](const auto& entry) { return entry.second > through; });
  next_sequence_ = last_sequence_ = through;
  ++*next_sequence_;
}

void StrictBroker::OnPublishes(const v1::PublishBatch& batch) {
  if (batch.producer_id().size() != 16) Wrong("a producer id that is not 16 bytes");
  if (producer_id_.empty()) producer_id_ = batch.producer_id();
  if (producer_id_ != batch.producer_id()) Wrong("a second producer id");
  if (batch.messages().empty()) Wrong("a batch of no publishes");
  uint64_t sequence = batch.first_sequence();
  if (sequence == 0) Wrong("sequence 0");
  if (next_sequence_ && sequence != *next_sequence_) Wrong("a hole between sequences");
  for (const v1::Publish& publish : batch.messages()) {
    const uint64_t number = std::strtoull(publish.payload().c_str(), nullptr, 10);
    if (!sequences_.emplace(number, sequence).second) Wrong("the same publish sent twice");
    ever_written_.insert(number);
    last_sequence_ = sequence++;
  }
  next_sequence_ = sequence;
}

void StrictBroker::OnResults(const v1::PublishResults& results) {
  if (results.producer_id() != producer_id_) return;
  for (const v1::PublishOutcome& outcome : results.outcomes()) {
    if (outcome.outcome() != v1::OUTCOME_FAILED) continue;
    std::erase_if(sequences_,
                  [&](const auto& entry) { return entry.second == outcome.sequence(); });
  }
}

void StrictBroker::CheckThrough(uint64_t frames_through) {
  if (frames_through > numbered_) Wrong("frames acknowledged that were never sent");
}

void StrictStream::Start(std::shared_ptr<client::TransportEvents> events) {
  if (events_ != nullptr) broker_.Wrong("a stream started twice");
  events_ = std::move(events);
}

void StrictStream::Write(client::OutFrame out) {
  if (writing_) broker_.Wrong("two writes in flight");
  writing_ = true;
  v1::ClientFrame frame;
  if (!frame.ParseFromString(std::string(out.bytes()))) broker_.Wrong("an unreadable frame");
  if (goodbye_) broker_.Wrong("a frame after Goodbye");
  if (hello_ == frame.has_hello()) broker_.Wrong("not Hello, once and first");
  hello_ = true;
  switch (frame.frame_case()) {
    case v1::ClientFrame::kHello:
      asked_to_resume_ = !frame.hello().resume_token().empty();
      broker_.CheckThrough(frame.hello().received_through());
      break;
    case v1::ClientFrame::kPublish:
      broker_.OnPublishes(frame.publish());
      break;
    case v1::ClientFrame::kAck:
      broker_.CheckThrough(frame.ack().frames_through());
      break;
    case v1::ClientFrame::kPing:
      broker_.CheckThrough(frame.ping().frames_through());
      break;
    case v1::ClientFrame::kGoodbye:
      goodbye_ = true;
      break;
    case v1::ClientFrame::kSubscribe:
      if (frame.subscribe().subscriptions().empty()) broker_.Wrong("a batch of no subscriptions");
      break;
    case v1::ClientFrame::kUnsubscribe:
      if (frame.unsubscribe().ids().empty()) broker_.Wrong("a batch of no removals");
      break;
    default:
      broker_.Wrong("an empty frame");
  }
}

void StrictStream::FinishWrite() {
  writing_ = false;
  const std::shared_ptr<client::TransportEvents> events = events_;
  events->OnWriteDone();
}

void StrictStream::Say(std::string bytes) {
  auto owner = std::make_shared<std::string>(std::move(bytes));
  const std::string_view view = *owner;
  const std::shared_ptr<client::TransportEvents> events = events_;
  events->OnFrame(client::FrameBytes{std::move(owner), view});
}

void StrictStream::End(Error reason) {
  const std::shared_ptr<client::TransportEvents> events = std::exchange(events_, nullptr);
  events->OnClosed(std::move(reason));
}

}  // namespace belfry::test
