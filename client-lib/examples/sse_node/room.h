// SPDX-License-Identifier: Apache-2.0
//
// One room while it has viewers: the subscription to its topic, and the queues it fills.
//
// Lifecycle: Open subscribes; the destructor unsubscribes. Seats join and leave in between.
// Threads: Thread-safe. The subscription's handlers run on the client library's thread and take the
// lock only to copy an event's pointer to each queue.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "belfry/client.h"
#include "client-lib/examples/sse_node/viewer_queue.h"

namespace sse_node {

class Room {
 public:
  explicit Room(std::string node_name) : node_name_(std::move(node_name)) {}
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;

  // Once. `connected` is what the broker connection is now.
  void Open(belfry::Client& client, const std::string& room_id, bool connected);

  void Join(ViewerQueue* queue);
  void Leave(ViewerQueue* queue);
  void SetConnected(bool connected);
  void CloseQueues();

 private:
  void OnMessage(const belfry::Message& message);
  void OnGap(const belfry::Gap& gap);
  // The broker will not have the subscription: viewers are sent away, and their browsers come back
  // later.
  void OnRefused();
  void PushToAll(std::string text, std::optional<uint64_t> messages);
  // Call with mutex_ held.
  void TellStateLocked(ViewerQueue& queue) const;

  const std::string node_name_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::set<ViewerQueue*> queues_;
  bool confirmed_ = false;
  bool connected_ = false;
  bool refused_ = false;
  // Used by the handler thread alone: the second half of an event's id.
  uint64_t events_ = 0;
  // Last: its end waits for the handlers, which use the above.
  belfry::Subscription subscription_;
};

}  // namespace sse_node
