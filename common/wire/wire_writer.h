// SPDX-License-Identifier: Apache-2.0
//
// Writes the protobuf wire format into a buffer whose size was computed first: the counterpart of
// wire_reader.h, for records and the frames around them.
//
// Threads: Confined to its owner. Ownership: the buffer stays with the caller and must hold all
// that is written; the Size functions tell how much that is. Fields that equal their default are
// the caller's to leave out.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "common/wire/wire_reader.h"

namespace belfry::wire {

constexpr size_t VarintSize(uint64_t value) {
  // 7 bits a byte: ceil(bits / 7), with one byte for zero.
  return (static_cast<size_t>(std::bit_width(value | 1)) * 9 + 64) / 64;
}
constexpr size_t TagSize(uint32_t field) { return VarintSize(static_cast<uint64_t>(field) << 3); }
constexpr size_t VarintFieldSize(uint32_t field, uint64_t value) {
  return TagSize(field) + VarintSize(value);
}
// A length-delimited field with a value of `bytes` bytes.
constexpr size_t BytesFieldSize(uint32_t field, size_t bytes) {
  return TagSize(field) + VarintSize(bytes) + bytes;
}

class WireWriter {
 public:
  explicit WireWriter(char* at) : at_(at) {}

  char* at() const { return at_; }

  void Varint(uint64_t value) {
    while (value >= 0x80) {
      *at_++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *at_++ = static_cast<char>(value);
  }
  void Tag(uint32_t field, WireType type) {
    Varint(static_cast<uint64_t>(field) << 3 | static_cast<uint8_t>(type));
  }
  void VarintField(uint32_t field, uint64_t value) {
    Tag(field, WireType::kVarint);
    Varint(value);
  }
  // The head of a length-delimited field whose value follows.
  void BytesHead(uint32_t field, size_t bytes) {
    Tag(field, WireType::kBytes);
    Varint(bytes);
  }
  void BytesField(uint32_t field, std::string_view bytes) {
    BytesHead(field, bytes.size());
    Raw(bytes);
  }
  void Raw(std::string_view bytes) {
    // memcpy from a null view is undefined even for no bytes.
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

 private:
  char* at_;
};

}  // namespace belfry::wire
