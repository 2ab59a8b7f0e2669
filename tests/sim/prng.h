// SPDX-License-Identifier: Apache-2.0
//
// The one source of chance of a seed: xoshiro256** by David Blackman and Sebastiano Vigna (public
// domain), filled by splitmix64. The same numbers on every platform, which the distributions of the
// standard library do not promise.
//
// Threads: Confined to the simulation of its seed.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace belfry::sim {

class Prng {
 public:
  explicit Prng(uint64_t seed) {
    for (uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15u;
      uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      word = z ^ (z >> 31);
    }
  }

  uint64_t Next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // Less than `end`, which is not 0. The bias towards small numbers is far below what matters here.
  size_t Below(size_t end) { return static_cast<size_t>(Next() % end); }
  size_t Between(size_t first, size_t last) { return first + Below(last - first + 1); }
  bool OneIn(size_t count) { return Below(count) == 0; }
  bool Percent(size_t percent) { return Below(100) < percent; }

 private:
  std::array<uint64_t, 4> state_{};
};

}  // namespace belfry::sim
