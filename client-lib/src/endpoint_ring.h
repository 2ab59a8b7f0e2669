// SPDX-License-Identifier: Apache-2.0
//
// Which endpoint to try next: those a broker named in its GoAway first, then the configured ones
// round and round in an order shuffled once, so that many clients spread over a cluster.
//
// Threads: Confined to its owner.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace belfry::client {

class EndpointRing {
 public:
  // A broker's list of targets is not trusted to be short.
  static constexpr size_t kPreferredMax = 64;

  EndpointRing(std::vector<std::string> endpoints, uint64_t seed)
      : endpoints_(std::move(endpoints)) {
    std::mt19937_64 random(seed);
    std::shuffle(endpoints_.begin(), endpoints_.end(), random);
  }

  std::string Next() {
    if (!preferred_.empty()) {
      std::string endpoint = std::move(preferred_.front());
      preferred_.pop_front();
      return endpoint;
    }
    return endpoints_[next_++ % endpoints_.size()];
  }
  // Replaces what was preferred before.
  void Prefer(const std::vector<std::string>& endpoints) {
    preferred_.clear();
    for (const std::string& endpoint : endpoints) {
      if (preferred_.size() < kPreferredMax) preferred_.push_back(endpoint);
    }
  }

 private:
  std::vector<std::string> endpoints_;
  size_t next_ = 0;
  std::deque<std::string> preferred_;
};

}  // namespace belfry::client
