// SPDX-License-Identifier: Apache-2.0
//
// A FIFO in one power-of-two array: no allocation in steady state, none at all while empty and new.
// std::deque allocates and frees a block every few elements, which the delivery path must not.
//
// Threads: Confined to its owner. T must be default constructible and movable; popped slots are
// reset.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <utility>

#include "common/check.h"

namespace belfry::core {

template <class T>
class RingQueue {
 public:
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }

  T& front() { return (*this)[0]; }
  const T& front() const { return (*this)[0]; }
  // The element `index` places behind the front.
  T& operator[](size_t index) {
    BELFRY_CHECK(index < size_);
    return slots_[(head_ + index) & (capacity_ - 1)];
  }
  const T& operator[](size_t index) const { return const_cast<RingQueue&>(*this)[index]; }

  void push_back(T value) {
    if (size_ == capacity_) Resize(capacity_ == 0 ? kFirstCapacity : capacity_ * 2);
    slots_[(head_ + size_) & (capacity_ - 1)] = std::move(value);
    ++size_;
  }

  T pop_front() {
    BELFRY_CHECK(size_ > 0);
    T value = std::exchange(slots_[head_], T{});
    head_ = (head_ + 1) & (capacity_ - 1);
    --size_;
    return value;
  }

  // Gives memory back. For queues that were long and are empty, or nearly, now.
  void ShrinkIfSparse() {
    if (capacity_ <= kFirstCapacity || size_ * 8 > capacity_) return;
    if (size_ != 0) return Resize(std::max(kFirstCapacity, std::bit_ceil(size_ * 2)));
    slots_.reset();
    capacity_ = head_ = 0;
  }

 private:
  // Small, for there is one queue in every session; a burst doubles it a few times.
  static constexpr size_t kFirstCapacity = 8;

  void Resize(size_t capacity) {
    auto slots = std::make_unique<T[]>(capacity);
    for (size_t i = 0; i < size_; ++i) slots[i] = std::move((*this)[i]);
    slots_ = std::move(slots);
    capacity_ = capacity;
    head_ = 0;
  }

  std::unique_ptr<T[]> slots_;
  size_t capacity_ = 0;
  size_t head_ = 0;
  size_t size_ = 0;
};

}  // namespace belfry::core
