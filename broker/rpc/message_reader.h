// SPDX-License-Identifier: Apache-2.0
//
// Cuts a stream of bytes into gRPC's length-prefixed messages:
//   message = compressed-flag(1 byte) length(4 bytes, big endian) payload(length bytes)
// A message that lies whole in the bytes just added is returned where it lies; only what is
// incomplete or not wanted yet is copied. Memory follows the bytes that have arrived, never a
// length that was announced.
//
// Use: Add(chunk); Take() until it says something else than kMessage (or the reader pauses);
// Keep(). Threads: Confined to its stream. Units: bytes. Fails: kTooLarge and kCompressed are
// final.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::rpc {

class MessageReader {
 public:
  enum class Outcome { kMessage, kIncomplete, kTooLarge, kCompressed };

  explicit MessageReader(size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // `chunk` must stay where it is until Keep().
  void Add(std::string_view chunk) { chunk_ = chunk; }
  // `message` is valid until the next call of this reader.
  Outcome Take(std::string_view& message);
  // Copies what is left of the chunk.
  void Keep();
  // Forgets everything and gives the memory back.
  void Discard();

  // Arrived and not yet taken.
  size_t held_bytes() const { return Buffered() + chunk_.size(); }
  bool in_message() const { return held_bytes() > 0; }

 private:
  static constexpr size_t kPrefixBytes = 5;

  size_t Buffered() const { return buffer_.size() - offset_; }
  void Top(size_t bytes);
  Outcome Judge(const char* prefix, size_t& message_bytes) const;
  void DropTaken();

  const size_t message_bytes_max_;
  std::string_view chunk_;
  std::string buffer_;
  size_t offset_ = 0;  // of the first byte not taken
  size_t taken_ = 0;   // bytes at offset_ that the last Take handed out
};

}  // namespace belfry::rpc
