// SPDX-License-Identifier: Apache-2.0
//
// ClientFrame  = { 4: PublishBatch }
// PublishBatch = { 1: producer id, 2: first sequence, 3: Publish* }
// Publish      = { 1: topic, 2: payload, 3: Header*, 4: key, 5: ack, 6: want_outcome }
//
// A chunk's buffer is  [room for the head][3: Publish][3: Publish]…; sealing it writes
// [4: PublishBatch's length][1: …][2: …] backwards into the room, so that no message byte moves.
#include "client-lib/src/publish_queue.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "client-lib/src/make_error.h"
#include "common/check.h"
#include "common/wire/message_view.h"
#include "common/wire/wire_writer.h"

namespace belfry::client {
namespace {

using wire::BytesFieldSize;
using wire::VarintFieldSize;
using wire::WireWriter;

constexpr uint32_t kPublishFrameField = 4;
constexpr uint32_t kProducerIdField = 1;
constexpr uint32_t kFirstSequenceField = 2;
constexpr uint32_t kMessagesField = 3;
constexpr size_t kProducerIdBytes = 16;
// Two heads of length-delimited fields, the producer id, and a tag with the longest varint.
constexpr size_t kHeadBytesMax = 64;
// Deadlines are looked for in all pending publishes at once, so not more often than this.
constexpr Duration kExpireInterval = std::chrono::milliseconds(5);

size_t HeaderSize(const std::pair<std::string, std::string>& header) {
  return BytesFieldSize(wire::kHeaderKeyField, header.first.size()) +
         BytesFieldSize(wire::kHeaderValueField, header.second.size());
}

// Counts come with the broker's answer, so who wants them waits for it.
AckLevel AckOf(const PublishOptions& options) {
  return options.want_counts ? std::max(options.ack, AckLevel::kAccepted) : options.ack;
}

bool WantsOutcome(const PublishOptions& options) {
  return options.want_counts || options.ack > AckLevel::kAccepted;
}

size_t PublishSize(std::string_view topic, std::string_view payload,
                   const PublishOptions& options) {
  size_t size = BytesFieldSize(wire::kTopicField, topic.size());
  if (!payload.empty()) size += BytesFieldSize(wire::kPayloadField, payload.size());
  for (const auto& header : options.headers) {
    size += BytesFieldSize(wire::kHeadersField, HeaderSize(header));
  }
  if (!options.key.empty()) size += BytesFieldSize(wire::kKeyField, options.key.size());
  if (const AckLevel ack = AckOf(options); ack != AckLevel::kNone) {
    size += VarintFieldSize(wire::kPublishAckField, static_cast<uint64_t>(ack));
  }
  if (WantsOutcome(options)) size += VarintFieldSize(wire::kPublishWantOutcomeField, 1);
  return size;
}

void AppendHead(uint32_t field, size_t bytes, std::string* out) {
  char head[16];
  WireWriter writer(head);
  writer.BytesHead(field, bytes);
  out->append(head, writer.at() - head);
}

void AppendBytes(uint32_t field, std::string_view bytes, std::string* out) {
  AppendHead(field, bytes.size(), out);
  out->append(bytes);
}

void AppendVarint(uint32_t field, uint64_t value, std::string* out) {
  char bytes[16];
  WireWriter writer(bytes);
  writer.VarintField(field, value);
  out->append(bytes, writer.at() - bytes);
}

void AppendPublish(std::string_view topic, std::string_view payload, const PublishOptions& options,
                   size_t publish_size, std::string* out) {
  AppendHead(kMessagesField, publish_size, out);
  AppendBytes(wire::kTopicField, topic, out);
  if (!payload.empty()) AppendBytes(wire::kPayloadField, payload, out);
  for (const auto& header : options.headers) {
    AppendHead(wire::kHeadersField, HeaderSize(header), out);
    AppendBytes(wire::kHeaderKeyField, header.first, out);
    AppendBytes(wire::kHeaderValueField, header.second, out);
  }
  if (!options.key.empty()) AppendBytes(wire::kKeyField, options.key, out);
  if (const AckLevel ack = AckOf(options); ack != AckLevel::kNone) {
    AppendVarint(wire::kPublishAckField, static_cast<uint64_t>(ack), out);
  }
  if (WantsOutcome(options)) AppendVarint(wire::kPublishWantOutcomeField, 1, out);
}

PublishOutcome FromWire(const v1::PublishOutcome& wire_outcome) {
  PublishOutcome outcome;
  switch (wire_outcome.outcome()) {
    case v1::OUTCOME_OK:
      outcome.kind = PublishOutcome::Kind::kOk;
      break;
    case v1::OUTCOME_FAILED:
      outcome.kind = PublishOutcome::Kind::kFailed;
      break;
    default:
      outcome.kind = PublishOutcome::Kind::kUnknown;
      break;
  }
  outcome.achieved = static_cast<AckLevel>(
      std::clamp<int>(wire_outcome.achieved(), v1::ACK_LEVEL_NONE, v1::ACK_LEVEL_REPLICATED));
  if (wire_outcome.has_position()) {
    outcome.position = Position{wire_outcome.position().epoch(), wire_outcome.position().offset()};
  }
  outcome.subscribers = wire_outcome.subscribers();
  outcome.nodes = wire_outcome.nodes();
  if (outcome.kind != PublishOutcome::Kind::kOk) {
    outcome.error = ReasonFromWire(wire_outcome.error());
  }
  return outcome;
}

}  // namespace

PublishQueue::PublishQueue(std::string producer_id, size_t bytes_max)
    : producer_id_(std::move(producer_id)), bytes_max_(bytes_max) {
  BELFRY_CHECK(producer_id_.size() == kProducerIdBytes);
}

size_t PublishQueue::CostOf(std::string_view topic, std::string_view payload,
                            const PublishOptions& options) {
  return BytesFieldSize(kMessagesField, PublishSize(topic, payload, options)) + kOverheadBytes;
}

void PublishQueue::Add(std::string_view topic, std::string_view payload,
                       const PublishOptions& options, Instant deadline, Completion done) {
  const size_t publish_size = PublishSize(topic, payload, options);
  const size_t field_size = BytesFieldSize(kMessagesField, publish_size);
  if (chunks_.empty() || chunks_.back().buffer.size() + field_size > kFrameBytesMax) {
    Chunk& chunk = chunks_.emplace_back();
    chunk.buffer.reserve(kHeadBytesMax + field_size);
    chunk.buffer.resize(kHeadBytesMax);
  }
  Chunk& chunk = chunks_.back();
  Pending& pending = chunk.entries.emplace_back();
  pending.id = ++last_id_;
  pending.deadline = deadline;
  pending.offset = static_cast<uint32_t>(chunk.buffer.size());
  pending.size = static_cast<uint32_t>(field_size);
  pending.ack = AckOf(options);
  pending.done = std::move(done);
  AppendPublish(topic, payload, options, publish_size, &chunk.buffer);
  bytes_ += field_size + kOverheadBytes;
  next_deadline_ = std::min(next_deadline_, deadline);
  ++counts_.published;
}

SettledPublish PublishQueue::Refuse(Completion done, Error error) {
  ++counts_.published;
  ++counts_.failed;
  PublishOutcome outcome;
  outcome.kind = PublishOutcome::Kind::kFailed;
  outcome.error = std::move(error);
  return SettledPublish{std::move(done), std::move(outcome), 0};
}

std::optional<OutFrame> PublishQueue::TakeFrame(size_t frame_bytes_max,
                                                std::vector<SettledPublish>* settled) {
  while (!chunks_.empty() && in_flight_.size() < kBatchesInFlightMax) {
    Chunk& front = chunks_.front();
    if (front.settled_bytes > 0) Compact(front);
    Chunk taken;
    if (front.buffer.size() <= frame_bytes_max) {
      taken = std::move(front);
      chunks_.pop_front();
    } else {
      taken = SplitFront(frame_bytes_max, settled);
    }
    if (taken.entries.empty()) continue;
    return Seal(std::move(taken));
  }
  return std::nullopt;
}

OutFrame PublishQueue::Seal(Chunk chunk) {
  const auto buffer = std::make_shared<std::string>(std::move(chunk.buffer));
  const size_t messages = buffer->size() - kHeadBytesMax;
  const size_t batch_size = BytesFieldSize(kProducerIdField, producer_id_.size()) +
                            VarintFieldSize(kFirstSequenceField, next_sequence_) + messages;
  const size_t frame_size = BytesFieldSize(kPublishFrameField, batch_size);
  BELFRY_CHECK(frame_size <= buffer->size());
  const size_t begin = buffer->size() - frame_size;
  WireWriter writer(buffer->data() + begin);
  writer.BytesHead(kPublishFrameField, batch_size);
  writer.BytesField(kProducerIdField, producer_id_);
  writer.VarintField(kFirstSequenceField, next_sequence_);
  BELFRY_CHECK(writer.at() == buffer->data() + kHeadBytesMax);

  Batch& batch = in_flight_.emplace_back();
  batch.first_sequence = next_sequence_;
  batch.buffer = buffer;
  batch.entries = std::move(chunk.entries);
  next_sequence_ = batch.end_sequence();
  return OutFrame{buffer, begin};
}

PublishQueue::Chunk PublishQueue::Unseal(Batch& batch, size_t begin) {
  Chunk chunk;
  // A copy: the transport may still read its share.
  chunk.buffer = *batch.buffer;
  const auto first = batch.entries.begin() + static_cast<std::ptrdiff_t>(begin);
  chunk.entries.assign(std::move_iterator(first), std::move_iterator(batch.entries.end()));
  batch.entries.erase(first, batch.entries.end());
  size_t left = chunk.buffer.size() - kHeadBytesMax;
  for (const Pending& pending : chunk.entries) {
    if (!pending.settled) left -= pending.size;
  }
  chunk.settled_bytes = left;
  return chunk;
}

PublishQueue::Chunk PublishQueue::SplitFront(size_t bytes_max,
                                             std::vector<SettledPublish>* settled) {
  Chunk& front = chunks_.front();
  Chunk taken;
  taken.buffer.resize(kHeadBytesMax);
  for (Pending& pending : front.entries) {
    if (kHeadBytesMax + pending.size > bytes_max) {
      front.settled_bytes += pending.size;
      SettleNot(pending, PublishOutcome::Kind::kFailed,
                MakeError(ErrorCode::kPayloadTooLarge,
                          "the message is larger than the largest frame the broker reads"),
                settled);
      continue;
    }
    if (taken.buffer.size() + pending.size > bytes_max) break;
    taken.buffer.append(front.buffer, pending.offset, pending.size);
    Pending& moved = taken.entries.emplace_back(std::move(pending));
    moved.offset = static_cast<uint32_t>(taken.buffer.size() - moved.size);
    front.settled_bytes += moved.size;
    // Left behind as settled, for Compact to remove.
    pending.settled = true;
  }
  Compact(front);
  if (front.entries.empty()) chunks_.pop_front();
  return taken;
}

void PublishQueue::Compact(Chunk& chunk) {
  size_t end = kHeadBytesMax;
  for (Pending& pending : chunk.entries) {
    if (pending.settled) continue;
    std::copy_n(chunk.buffer.data() + pending.offset, pending.size, chunk.buffer.data() + end);
    pending.offset = static_cast<uint32_t>(end);
    end += pending.size;
  }
  chunk.buffer.resize(end);
  std::erase_if(chunk.entries, [](const Pending& pending) { return pending.settled; });
  chunk.settled_bytes = 0;
}

void PublishQueue::OnWritten(std::vector<SettledPublish>* settled) {
  for (auto batch = in_flight_.rbegin(); batch != in_flight_.rend() && !batch->written; ++batch) {
    batch->written = true;
    for (Pending& pending : batch->entries) {
      if (pending.ack == AckLevel::kNone && !pending.settled) SettleOk(pending, settled);
    }
  }
  PopSettled();
}

void PublishQueue::OnResults(const v1::PublishResults& results,
                             std::vector<SettledPublish>* settled) {
  if (results.producer_id() != producer_id_) return;
  for (const v1::PublishOutcome& outcome : results.outcomes()) {
    Pending* pending = FindInFlight(outcome.sequence());
    if (pending != nullptr && !pending->settled) Settle(*pending, FromWire(outcome), settled);
  }
  for (Batch& batch : in_flight_) {
    if (batch.first_sequence > results.ok_through()) break;
    while (batch.settled_prefix < batch.entries.size() &&
           batch.first_sequence + batch.settled_prefix <= results.ok_through()) {
      Pending& pending = batch.entries[batch.settled_prefix++];
      if (!pending.settled) SettleOk(pending, settled);
    }
  }
  PopSettled();
}

void PublishQueue::ResumeAfter(uint64_t through, std::vector<SettledPublish>* settled) {
  through = std::min(through, next_sequence_ - 1);
  while (!in_flight_.empty() && in_flight_.back().end_sequence() > through + 1) {
    Batch& batch = in_flight_.back();
    const uint64_t arrived = through + 1 - std::min(through + 1, batch.first_sequence);
    Chunk chunk = Unseal(batch, arrived);
    Compact(chunk);
    if (!chunk.entries.empty()) chunks_.push_front(std::move(chunk));
    if (arrived > 0) break;
    in_flight_.pop_back();
  }
  next_sequence_ = through + 1;
  // A write may have broken off before it was reported done, and yet have arrived.
  OnWritten(settled);
}

void PublishQueue::LoseInFlight(std::vector<SettledPublish>* settled) {
  const Error error = MakeError(ErrorCode::kConnectionLost);
  for (Batch& batch : in_flight_) {
    for (size_t i = batch.settled_prefix; i < batch.entries.size(); ++i) {
      Pending& pending = batch.entries[i];
      if (!pending.settled) SettleNot(pending, PublishOutcome::Kind::kUnknown, error, settled);
    }
  }
  in_flight_.clear();
}

void PublishQueue::Expire(Instant now, std::vector<SettledPublish>* settled) {
  if (now < next_deadline_) return;
  const Error error = MakeError(ErrorCode::kTimeout);
  Instant next = Instant::max();
  const auto visit = [&](Pending& pending, PublishOutcome::Kind kind) {
    if (pending.settled) return false;
    if (pending.deadline > now) {
      next = std::min(next, pending.deadline);
      return false;
    }
    SettleNot(pending, kind, error, settled);
    return true;
  };
  for (Batch& batch : in_flight_) {
    for (Pending& pending : batch.entries) visit(pending, PublishOutcome::Kind::kUnknown);
  }
  for (Chunk& chunk : chunks_) {
    for (Pending& pending : chunk.entries) {
      if (visit(pending, PublishOutcome::Kind::kFailed)) chunk.settled_bytes += pending.size;
    }
    // Without this, one long deadline among many short ones could hold their bytes for ever.
    if (chunk.settled_bytes * 2 > chunk.buffer.size()) Compact(chunk);
  }
  std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.entries.empty(); });
  PopSettled();
  next_deadline_ = next == Instant::max() ? next : std::max(next, now + kExpireInterval);
}

void PublishQueue::CloseAll(std::vector<SettledPublish>* settled) {
  const Error error = MakeError(ErrorCode::kClientClosed);
  for (Batch& batch : in_flight_) {
    for (Pending& pending : batch.entries) {
      if (!pending.settled) SettleNot(pending, PublishOutcome::Kind::kUnknown, error, settled);
    }
  }
  for (Chunk& chunk : chunks_) {
    for (Pending& pending : chunk.entries) {
      if (!pending.settled) SettleNot(pending, PublishOutcome::Kind::kFailed, error, settled);
    }
  }
  in_flight_.clear();
  chunks_.clear();
  next_deadline_ = Instant::max();
}

bool PublishQueue::SettledThrough(uint64_t id) const {
  // Ids rise through in_flight_ and chunks_, so the first unsettled one decides.
  for (const Batch& batch : in_flight_) {
    for (size_t i = batch.settled_prefix; i < batch.entries.size(); ++i) {
      if (!batch.entries[i].settled) return batch.entries[i].id > id;
    }
  }
  for (const Chunk& chunk : chunks_) {
    for (const Pending& pending : chunk.entries) {
      if (!pending.settled) return pending.id > id;
    }
  }
  return true;
}

void PublishQueue::Settle(Pending& pending, PublishOutcome outcome,
                          std::vector<SettledPublish>* settled) {
  switch (outcome.kind) {
    case PublishOutcome::Kind::kOk:
      ++counts_.ok;
      break;
    case PublishOutcome::Kind::kFailed:
      ++counts_.failed;
      break;
    case PublishOutcome::Kind::kUnknown:
      ++counts_.unknown;
      break;
  }
  pending.settled = true;
  const size_t cost = pending.size + kOverheadBytes;
  const PublishCallback* callback = std::get_if<PublishCallback>(&pending.done);
  if (callback == nullptr) bytes_ -= cost;
  if (std::holds_alternative<std::monostate>(pending.done)) return;
  settled->push_back(SettledPublish{std::exchange(pending.done, Completion()), std::move(outcome),
                                    callback == nullptr ? 0 : cost});
}

void PublishQueue::SettleOk(Pending& pending, std::vector<SettledPublish>* settled) {
  PublishOutcome outcome;
  outcome.kind = PublishOutcome::Kind::kOk;
  outcome.achieved = pending.ack;
  Settle(pending, std::move(outcome), settled);
}

void PublishQueue::SettleNot(Pending& pending, PublishOutcome::Kind kind, const Error& error,
                             std::vector<SettledPublish>* settled) {
  PublishOutcome outcome;
  outcome.kind = kind;
  outcome.error = error;
  Settle(pending, std::move(outcome), settled);
}

PublishQueue::Pending* PublishQueue::FindInFlight(uint64_t sequence) {
  auto after = std::upper_bound(
      in_flight_.begin(), in_flight_.end(), sequence,
      [](uint64_t value, const Batch& batch) { return value < batch.first_sequence; });
  if (after == in_flight_.begin()) return nullptr;
  Batch& batch = *std::prev(after);
  if (sequence >= batch.end_sequence()) return nullptr;
  return &batch.entries[sequence - batch.first_sequence];
}

void PublishQueue::PopSettled() {
  while (!in_flight_.empty()) {
    Batch& batch = in_flight_.front();
    while (batch.settled_prefix < batch.entries.size() &&
           batch.entries[batch.settled_prefix].settled) {
      ++batch.settled_prefix;
    }
    if (batch.settled_prefix < batch.entries.size()) return;
    in_flight_.pop_front();
  }
}

}  // namespace belfry::client
