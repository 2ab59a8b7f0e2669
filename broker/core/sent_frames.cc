// SPDX-License-Identifier: Apache-2.0
#include "broker/core/sent_frames.h"

#include <utility>

#include "broker/core/mutant.h"
#include "common/check.h"

namespace belfry::core {
namespace {

// What a frame adds on the wire: gRPC's prefix, tags and lengths.
constexpr size_t kFrameBytes = 16;
constexpr size_t kRecordHeadBytes = 3;
// An outcome or result with the text of an error.
constexpr size_t kResultBytes = 48;

size_t BytesOf(const Gap& gap) {
  size_t bytes = 0;
  for (const TopicGap& topic : gap.topics) bytes += sizeof(TopicGap) + topic.topic.size();
  return bytes;
}

}  // namespace

bool SentFrames::Acknowledge(uint64_t through) {
  if (through > sent()) return false;
  while (!frames_.empty() && first_kept_ <= through) DropFirst();
  return true;
}

void SentFrames::Forget() {
  while (written_ != 0 || (Mutated(Mutant::kUnwrittenForgotten) && !frames_.empty())) DropFirst();
  Trim();
}

void SentFrames::Clear() {
  while (!frames_.empty()) DropFirst();
  Trim();
}

void SentFrames::Trim() {
  frames_.ShrinkIfSparse();
  records_.ShrinkIfSparse();
}

void SentFrames::DropFirst() {
  const Frame frame = frames_.pop_front();
  for (uint32_t i = 0; i < frame.records; ++i) records_.pop_front();
  bytes_ -= frame.bytes;
  ++first_kept_;
  if (written_ != 0) {
    --written_;
    written_records_ -= frame.records;
  }
}

void SentFrames::Rewind(uint64_t through) {
  BELFRY_CHECK(CanResumeAfter(through));
  if (Mutated(Mutant::kResumeOffByOne)) ++through;
  while (!frames_.empty() && first_kept_ <= through) DropFirst();
  written_ = written_records_ = 0;
}

void SentFrames::WriteNext(SessionSink& sink) {
  const Frame& frame = frames_[written_];
  ++written_;
  if (frame.records != 0) {
    for (uint32_t i = 0; i < frame.records; ++i) {
      rewriting_.push_back(records_[written_records_ + i]);
    }
    written_records_ += frame.records;
    sink.SendDeliver(frame.lane, rewriting_);
    rewriting_.clear();
  } else if (frame.rare == nullptr) {
    sink.SendPublishResults(PublishResults{frame.ok_through, {}});
  } else if (const auto* gap = std::get_if<Gap>(frame.rare.get()); gap != nullptr) {
    sink.SendGap(frame.lane, *gap);
  } else if (const auto* results = std::get_if<PublishResults>(frame.rare.get())) {
    sink.SendPublishResults(*results);
  } else {
    sink.SendSubscribeResults(std::get<std::vector<SubscribeResult>>(*frame.rare));
  }
}

void SentFrames::Keep(Frame frame) {
  BELFRY_CHECK(!HasUnwritten());
  bytes_ += frame.bytes;
  ++written_;
  written_records_ += frame.records;
  frames_.push_back(std::move(frame));
  while (bytes_ > bytes_max_ && !Mutated(Mutant::kWindowIgnored)) DropFirst();
}

bool SentFrames::OnlyCounts() {
  if (bytes_max_ == 0) ++first_kept_;
  return bytes_max_ == 0;
}

void SentFrames::KeepRare(uint32_t lane, size_t bytes, Rare rare) {
  Frame frame;
  frame.lane = lane;
  frame.bytes = kFrameBytes + bytes;
  frame.rare = std::make_unique<Rare>(std::move(rare));
  Keep(std::move(frame));
}

void SentFrames::SendSubscribeResults(SessionSink& sink, std::span<const SubscribeResult> results) {
  sink.SendSubscribeResults(results);
  // A plain call may just have ended itself, and `results` with it; it keeps none.
  if (OnlyCounts()) return;
  KeepRare(0, results.size() * kResultBytes,
           std::vector<SubscribeResult>(results.begin(), results.end()));
}

void SentFrames::SendPublishResults(SessionSink& sink, const PublishResults& results) {
  sink.SendPublishResults(results);
  if (OnlyCounts()) return;
  if (!results.outcomes.empty()) {
    return KeepRare(0, results.outcomes.size() * kResultBytes, results);
  }
  Frame frame;
  frame.bytes = kFrameBytes;
  frame.ok_through = results.ok_through;
  Keep(std::move(frame));
}

void SentFrames::SendGap(SessionSink& sink, uint32_t lane, Gap gap) {
  sink.SendGap(lane, gap);
  if (OnlyCounts()) return;
  const size_t bytes = BytesOf(gap);
  KeepRare(lane, bytes, std::move(gap));
}

void SentFrames::SendDeliver(SessionSink& sink, uint32_t lane,
                             std::vector<Ref<const Record>>& records) {
  sink.SendDeliver(lane, records);
  if (!OnlyCounts()) {
    Frame frame;
    frame.lane = lane;
    frame.records = static_cast<uint32_t>(records.size());
    frame.bytes = kFrameBytes;
    for (Ref<const Record>& record : records) {
      frame.bytes += record->bytes().size() + kRecordHeadBytes;
      records_.push_back(std::move(record));
    }
    Keep(std::move(frame));
  }
  records.clear();
}

}  // namespace belfry::core
