// SPDX-License-Identifier: Apache-2.0
//
// The foremost few of many, without holding the many.
//
// Threads: Confined to its owner. Cost: log(most) for each that is added.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace belfry::cli {

// Before(a, b): a stands before b.
template <class T, class Before>
class Ranking {
 public:
  // At least one.
  explicit Ranking(size_t most, Before before = Before()) : most_(most), before_(before) {}

  void Add(T one) {
    if (heap_.size() < most_) {
      heap_.push_back(std::move(one));
      std::push_heap(heap_.begin(), heap_.end(), before_);
      return;
    }
    // The front is the hindmost.
    if (!before_(one, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), before_);
    heap_.back() = std::move(one);
    std::push_heap(heap_.begin(), heap_.end(), before_);
  }

  // In order, the foremost first; empty then.
  std::vector<T> Take() {
    std::sort_heap(heap_.begin(), heap_.end(), before_);
    return std::exchange(heap_, {});
  }

 private:
  const size_t most_;
  const Before before_;
  std::vector<T> heap_;
};

}  // namespace belfry::cli
