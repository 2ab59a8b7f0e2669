// SPDX-License-Identifier: Apache-2.0
//
// Decisions from bytes: whoever makes the bytes (a fuzzer, a random generator) decides what a test
// does. When they are used up, every decision is the first one.
//
// Threads: Confined to the test. Ownership: the bytes are the caller's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace belfry::test {

class ByteSource {
 public:
  explicit ByteSource(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool done() const { return at_ == bytes_.size(); }

  uint8_t Byte() { return done() ? 0 : bytes_[at_++]; }
  bool Flag() { return Byte() % 2 == 1; }
  // Below `end`, which is at most 256.
  size_t Below(size_t end) { return Byte() % end; }
  template <class T, size_t kSize>
  const T& Pick(const std::array<T, kSize>& from) {
    return from[Below(kSize)];
  }
  // Mostly small, and now and then as large as it can be.
  uint64_t Number() {
    const uint8_t byte = Byte();
    if (byte < 224) return byte % 32;
    constexpr std::array<uint64_t, 8> kExtremes = {
        64, 1000, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff, 1ULL << 32, ~0ULL - 1, ~0ULL};
    return kExtremes[byte % kExtremes.size()];
  }
  std::string Bytes(size_t count) {
    count = std::min(count, bytes_.size() - at_);
    const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(at_);
    at_ += count;
    return std::string(begin, begin + static_cast<std::ptrdiff_t>(count));
  }

 private:
  const std::span<const uint8_t> bytes_;
  size_t at_ = 0;
};

}  // namespace belfry::test
