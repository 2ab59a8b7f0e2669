// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/message_reader.h"

#include <algorithm>

namespace belfry::rpc {
namespace {

// An idle stream keeps at most so much of the memory that its last large message needed.
constexpr size_t kKeptBytes = 1024;

}  // namespace

MessageReader::Outcome MessageReader::Judge(const char* prefix, size_t& message_bytes) const {
  const auto byte = [prefix](int i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(prefix[i]));
  };
  message_bytes = byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
  if (byte(0) != 0) return Outcome::kCompressed;
  return message_bytes > message_bytes_max_ ? Outcome::kTooLarge : Outcome::kMessage;
}

// Fills the buffer from the chunk up to `bytes`, as far as the chunk goes.
void MessageReader::Top(size_t bytes) {
  if (Buffered() >= bytes) return;
  const size_t piece = std::min(bytes - Buffered(), chunk_.size());
  buffer_.append(chunk_.substr(0, piece));
  chunk_.remove_prefix(piece);
}

void MessageReader::DropTaken() {
  offset_ += taken_;
  taken_ = 0;
  if (offset_ < buffer_.size()) return;
  offset_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > kKeptBytes) buffer_.shrink_to_fit();
}

MessageReader::Outcome MessageReader::Take(std::string_view& message) {
  DropTaken();
  size_t message_bytes = 0;
  if (Buffered() == 0) {
    if (chunk_.size() < kPrefixBytes) return Outcome::kIncomplete;
    const Outcome outcome = Judge(chunk_.data(), message_bytes);
    if (outcome != Outcome::kMessage) return outcome;
    if (chunk_.size() - kPrefixBytes < message_bytes) return Outcome::kIncomplete;
    message = chunk_.substr(kPrefixBytes, message_bytes);
    chunk_.remove_prefix(kPrefixBytes + message_bytes);
    return Outcome::kMessage;
  }
  Top(kPrefixBytes);
  if (Buffered() < kPrefixBytes) return Outcome::kIncomplete;
  const Outcome outcome = Judge(buffer_.data() + offset_, message_bytes);
  if (outcome != Outcome::kMessage) return outcome;
  Top(kPrefixBytes + message_bytes);
  if (Buffered() < kPrefixBytes + message_bytes) return Outcome::kIncomplete;
  message = std::string_view(buffer_).substr(offset_ + kPrefixBytes, message_bytes);
  taken_ = kPrefixBytes + message_bytes;
  return Outcome::kMessage;
}

void MessageReader::Keep() {
  DropTaken();
  if (offset_ > 0) {
    buffer_.erase(0, offset_);
    offset_ = 0;
  }
  buffer_.append(chunk_);
  chunk_ = std::string_view();
}

void MessageReader::Discard() {
  chunk_ = std::string_view();
  std::string().swap(buffer_);
  offset_ = taken_ = 0;
}

}  // namespace belfry::rpc
