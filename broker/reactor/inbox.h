// SPDX-License-Identifier: Apache-2.0
//
// The bounded data queue into a reactor: many producers, one reader. A producer offers a batch and
// keeps what did not fit: it neither blocks nor loses anything here; it stops reading its own
// sources until it is told that there is room. The reader drains once per turn all that was in at
// the start of the drain. Order: what one producer offers arrives in its order.
//
// Lifecycle: construct before the target starts (or on its thread), destroy after it stopped
// (likewise). Threads: Offer and NotifyWhenRoom are Thread-safe; `receive` and the callbacks of
// NotifyWhenRoom run on the target's thread. Units: entries. Fails: never; Offer returns how many
// were taken.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "broker/reactor/reactor.h"
#include "common/mutex.h"

namespace belfry::reactor {

template <class Entry>
class Inbox final : private Reactor::Drain {
 public:
  Inbox(Reactor& target, size_t capacity, std::function<void(Entry&&)> receive)
      : target_(target), capacity_(capacity), receive_(std::move(receive)) {
    target_.AddDrain(this);
  }
  ~Inbox() { target_.RemoveDrain(this); }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Moves as many entries as fit, from the front; returns their number.
  size_t Offer(std::span<Entry> entries) {
    size_t taken = 0;
    {
      MutexLock lock(mutex_);
      taken = std::min(entries.size(), capacity_ - queue_.size());
      queue_.insert(queue_.end(), std::make_move_iterator(entries.begin()),
                    std::make_move_iterator(entries.begin() + taken));
    }
    if (taken > 0) target_.Wake();
    return taken;
  }

  // Runs `callback` once, on the target's thread, when the queue has been drained to half or less:
  // at the target's next drain, or soon if that is so already. No wake-up is lost between Offer and
  // this call.
  void NotifyWhenRoom(std::function<void()> callback) {
    {
      MutexLock lock(mutex_);
      if (queue_.size() > capacity_ / 2) {
        waiting_.push_back(std::move(callback));
        return;
      }
    }
    target_.Post(std::move(callback));
  }

  size_t size() const {
    MutexLock lock(mutex_);
    return queue_.size();
  }
  size_t capacity() const { return capacity_; }

 private:
  void DrainOnce() override {
    {
      MutexLock lock(mutex_);
      if (queue_.empty()) return;  // waiters exist only while it is more than half full
      draining_.swap(queue_);
      notifying_.swap(waiting_);
    }
    for (Entry& entry : draining_) receive_(std::move(entry));
    draining_.clear();
    for (std::function<void()>& callback : notifying_) callback();
    notifying_.clear();
  }

  Reactor& target_;
  const size_t capacity_;
  const std::function<void(Entry&&)> receive_;
  std::vector<Entry> draining_;  // kept for its capacity
  std::vector<std::function<void()>> notifying_;

  mutable Mutex mutex_;
  std::vector<Entry> queue_ BELFRY_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> waiting_ BELFRY_GUARDED_BY(mutex_);
};

}  // namespace belfry::reactor
