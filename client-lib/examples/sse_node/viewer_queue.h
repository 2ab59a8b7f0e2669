// SPDX-License-Identifier: Apache-2.0
//
// What one viewer has still to be sent. Bounded in events and bytes: a viewer that reads too slowly
// loses the oldest, and is told so by a gap event in their place; it holds up neither the room nor
// the broker. The broker connection's state stands beside the queue, because only its latest value
// matters.
//
// Lifecycle: pushed to by the room until Close; the viewer's HTTP thread pops until Pop says it is
// over. Threads: Thread-safe. Owned by the viewer's Seat. Events are shared among all viewers of a
// room.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace sse_node {

struct ViewerEvent {
  std::shared_ptr<const std::string> text;
  // How many messages the viewer loses with this event: 1 for a message; a gap's own count, unset
  // if that is not known.
  std::optional<uint64_t> messages;
};

class ViewerQueue {
 public:
  struct Bounds {
    size_t events = 512;
    size_t bytes = 1 << 20;
  };
  ViewerQueue() : ViewerQueue(Bounds{}) {}
  explicit ViewerQueue(Bounds bounds) : bounds_(bounds) {}

  void Push(ViewerEvent event);
  // Replaces the state text that is not yet sent.
  void SetState(std::shared_ptr<const std::string> text);
  void Close();

  struct Popped {
    bool closed = false;
    // All that is ready to be written, up to 64 KiB; empty if nothing came within `patience`.
    std::string text;
  };
  Popped Pop(std::chrono::milliseconds patience);

 private:
  const Bounds bounds_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::deque<ViewerEvent> events_;
  size_t bytes_ = 0;
  std::shared_ptr<const std::string> state_;
  // Lost before events_.front().
  uint64_t lost_ = 0;
  bool lost_count_known_ = true;
  bool closed_ = false;
};

}  // namespace sse_node
