// SPDX-License-Identifier: Apache-2.0
//
// Reads the protobuf wire format in place: varints, tags and length-delimited fields as views into
// the input. It serves the hot path alone (publishes in, records out), where a parse into objects
// would copy and allocate for each message; everything else uses generated code.
//
// Threads: Confined to its owner. Ownership: the bytes stay with the caller. Errors: each Read
// returns false on malformed or truncated input, and the reader must not be used further. Source of
// the format: https://protobuf.dev/programming-guides/encoding/.
#pragma once

#include <cstdint>
#include <string_view>

namespace belfry::wire {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

class WireReader {
 public:
  explicit WireReader(std::string_view bytes)
      : at_(reinterpret_cast<const uint8_t*>(bytes.data())), end_(at_ + bytes.size()) {}

  bool done() const { return at_ == end_; }

  bool ReadVarint(uint64_t* value) {
    if (at_ != end_ && *at_ < 0x80) {
      *value = *at_++;
      return true;
    }
    return ReadLongVarint(value);
  }

  bool ReadTag(uint32_t* field, WireType* type) {
    uint64_t tag;
    if (!ReadVarint(&tag) || tag > UINT32_MAX) return false;
    *field = static_cast<uint32_t>(tag >> 3);
    *type = static_cast<WireType>(tag & 7);
    return *field != 0;
  }

  bool ReadBytes(std::string_view* bytes) {
    uint64_t size;
    if (!ReadVarint(&size) || size > static_cast<uint64_t>(end_ - at_)) return false;
    *bytes = std::string_view(reinterpret_cast<const char*>(at_), size);
    at_ += size;
    return true;
  }

  // Passes over a field's value. Groups are refused: nothing of ours ever had one.
  bool Skip(WireType type) {
    uint64_t ignored;
    std::string_view ignored_bytes;
    switch (type) {
      case WireType::kVarint:
        return ReadVarint(&ignored);
      case WireType::kFixed64:
        return Advance(8);
      case WireType::kBytes:
        return ReadBytes(&ignored_bytes);
      case WireType::kFixed32:
        return Advance(4);
    }
    return false;
  }

 private:
  bool ReadLongVarint(uint64_t* value) {
    uint64_t result = 0;
    for (int shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const uint8_t byte = *at_++;
      result |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        *value = result;
        return true;
      }
    }
    return false;
  }

  bool Advance(size_t bytes) {
    if (static_cast<size_t>(end_ - at_) < bytes) return false;
    at_ += bytes;
    return true;
  }

  const uint8_t* at_;
  const uint8_t* end_;
};

}  // namespace belfry::wire
