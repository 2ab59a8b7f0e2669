// SPDX-License-Identifier: Apache-2.0
//
// The rooms that this node's viewers look at, and the node's one connection to the broker. A room
// is one subscription to `rooms.ID`, however many viewers it has: it begins with the first viewer
// and ends with the last. Each message becomes an event once, and all viewers share it.
//
// Lifecycle: Create, Enter and Publish at will, CloseSeats to make all viewers leave. A Seat keeps
// its room alive and may outlive the Rooms. Threads: Thread-safe. Messages arrive on the client
// library's handler thread, viewers on HTTP threads. Fails: Publish says how it ended; a lost
// connection mends itself, and viewers are told meanwhile.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "belfry/client.h"
#include "client-lib/examples/sse_node/viewer_queue.h"

namespace sse_node {

class Room;

// One viewer's place in one room; the destructor gives it up.
class Seat {
 public:
  explicit Seat(std::shared_ptr<Room> room);
  ~Seat();
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;

  ViewerQueue& queue() { return queue_; }

 private:
  ViewerQueue queue_;
  const std::shared_ptr<Room> room_;
};

class Rooms {
 public:
  // `servers`: HOST:PORT, or several split by commas. Null if they make no sense; *error says why.
  static std::unique_ptr<Rooms> Create(std::string_view servers, std::string node_name,
                                       std::string* error);
  ~Rooms();
  Rooms(const Rooms&) = delete;
  Rooms& operator=(const Rooms&) = delete;

  // Null after CloseSeats.
  std::unique_ptr<Seat> Enter(const std::string& room_id);
  // Waits for the outcome, at most 5 s.
  belfry::PublishOutcome Publish(const std::string& room_id, std::string_view text);

  bool connected() const { return connected_; }
  const std::string& node_name() const { return node_name_; }
  // Viewers' queues are closed, and nobody enters any more.
  void CloseSeats();

 private:
  explicit Rooms(std::string node_name) : node_name_(std::move(node_name)) {}

  void OnState(const belfry::StateChange& change);
  std::shared_ptr<Room> FindOrOpen(const std::string& room_id);

  const std::string node_name_;
  std::atomic<bool> connected_{false};
  std::mutex mutex_;
  // Guarded by mutex_. An entry whose room has ended is removed by the next Enter.
  std::map<std::string, std::weak_ptr<Room>> rooms_;
  bool closed_ = false;
  // Last: it is destroyed first, and waits for its callbacks into the above.
  std::unique_ptr<belfry::Client> client_;
};

}  // namespace sse_node
