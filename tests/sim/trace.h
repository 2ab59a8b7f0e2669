// SPDX-License-Identifier: Apache-2.0
//
// What happened in a seed: a hash over all of it, by which two runs are compared, and the last
// events, for whoever must understand a failure.
//
// Threads: Confined to the simulation of its seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace belfry::sim {

// Mixes values into one; used for the trace and for the digests of frames.
class Digest {
 public:
  void Add(uint64_t value) {
    hash_ = (hash_ ^ value) * 0x9fb21c651e98df25u;
    hash_ ^= hash_ >> 29;
  }
  uint64_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325u;
};

class Trace {
 public:
  static constexpr size_t kKeptUsually = 40;

  explicit Trace(size_t kept) : last_(kept) {}

  // `what` is a literal; the numbers mean what the text says.
  void Add(const char* what, uint64_t who, uint64_t a = 0, uint64_t b = 0);
  uint64_t hash() const { return digest_.value(); }
  uint64_t events() const { return count_; }
  // The last events, a line each.
  std::string Last() const;

 private:
  struct Event {
    const char* what = "";
    uint64_t who = 0;
    uint64_t a = 0;
    uint64_t b = 0;
  };

  std::vector<Event> last_;
  uint64_t count_ = 0;
  Digest digest_;
};

}  // namespace belfry::sim
