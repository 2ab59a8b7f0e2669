// SPDX-License-Identifier: Apache-2.0
#include "client-lib/examples/sse_node/rooms.h"

#include <chrono>
#include <utility>
#include <vector>

#include "client-lib/examples/sse_node/room.h"
#include "client-lib/examples/sse_node/room_id.h"

namespace sse_node {
namespace {

// A person waits for the answer.
constexpr auto kPublishTimeout = std::chrono::seconds(5);

std::vector<std::string> SplitAtCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

Seat::Seat(std::shared_ptr<Room> room) : room_(std::move(room)) { room_->Join(&queue_); }
Seat::~Seat() { room_->Leave(&queue_); }

std::unique_ptr<Rooms> Rooms::Create(std::string_view servers, std::string node_name,
                                     std::string* error) {
  std::unique_ptr<Rooms> rooms(new Rooms(std::move(node_name)));
  belfry::ClientOptions options;
  options.endpoints = SplitAtCommas(servers);
  options.on_state = [raw = rooms.get()](const belfry::StateChange& change) {
    raw->OnState(change);
  };
  belfry::Error wrong;
  rooms->client_ = belfry::Client::Create(std::move(options), &wrong);
  if (rooms->client_ == nullptr) {
    *error = wrong.text;
    return nullptr;
  }
  return rooms;
}

Rooms::~Rooms() { CloseSeats(); }

std::unique_ptr<Seat> Rooms::Enter(const std::string& room_id) {
  std::shared_ptr<Room> room = FindOrOpen(room_id);
  if (room == nullptr) return nullptr;
  auto seat = std::make_unique<Seat>(std::move(room));
  // CloseSeats may have run in between, and then did not see this seat.
  const std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  return seat;
}

std::shared_ptr<Room> Rooms::FindOrOpen(const std::string& room_id) {
  const std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  if (const auto found = rooms_.find(room_id); found != rooms_.end()) {
    if (auto room = found->second.lock()) return room;
  }
  std::erase_if(rooms_, [](const auto& entry) { return entry.second.expired(); });
  auto room = std::make_shared<Room>(node_name_);
  // Under the lock, so that two first viewers make one subscription. Subscribing does not wait, and
  // no handler of a room takes this lock.
  room->Open(*client_, room_id, connected_);
  rooms_[room_id] = room;
  return room;
}

belfry::PublishOutcome Rooms::Publish(const std::string& room_id, std::string_view text) {
  belfry::PublishOptions options;
  options.timeout = kPublishTimeout;
  options.want_counts = true;
  return client_->Publish(TopicOf(room_id), text, options).get();
}

void Rooms::OnState(const belfry::StateChange& change) {
  connected_ = change.state == belfry::State::kConnected;
  std::vector<std::shared_ptr<Room>> open;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, room] : rooms_) {
      if (auto alive = room.lock()) open.push_back(std::move(alive));
    }
  }
  // Outside the lock: the last reference may go here, and with it the room's subscription.
  for (const auto& room : open) room->SetConnected(connected_);
}

void Rooms::CloseSeats() {
  std::vector<std::shared_ptr<Room>> open;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [id, room] : rooms_) {
      if (auto alive = room.lock()) open.push_back(std::move(alive));
    }
  }
  for (const auto& room : open) room->CloseQueues();
}

}  // namespace sse_node
