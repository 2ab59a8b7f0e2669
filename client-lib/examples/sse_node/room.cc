// SPDX-License-Identifier: Apache-2.0
#include "client-lib/examples/sse_node/room.h"

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "client-lib/examples/sse_node/gap_event.h"
#include "client-lib/examples/sse_node/plain_text.h"
#include "client-lib/examples/sse_node/room_id.h"
#include "client-lib/examples/sse_node/sse_event.h"

namespace sse_node {
namespace {

std::string_view CauseName(belfry::GapCause cause) {
  switch (cause) {
    case belfry::GapCause::kOverflow:
      return "overflow";
    case belfry::GapCause::kReconnect:
      return "reconnect";
    case belfry::GapCause::kPeerLink:
      return "peer_link";
    case belfry::GapCause::kRetention:
      return "retention";
    case belfry::GapCause::kMemory:
      return "memory";
    case belfry::GapCause::kTopicReset:
      return "topic_reset";
    case belfry::GapCause::kLocalOverflow:
      return "local_overflow";
  }
  return "unknown";
}

int64_t UnixMicros(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

}  // namespace

void Room::Open(belfry::Client& client, const std::string& room_id, bool connected) {
  SetConnected(connected);
  belfry::SubscribeOptions options;
  options.on_gap = [this](const belfry::Gap& gap) { OnGap(gap); };
  options.on_refused = [this](const belfry::Error&) { OnRefused(); };
  options.on_confirmed = [this] {
    const std::lock_guard lock(mutex_);
    confirmed_ = true;
    for (ViewerQueue* queue : queues_) TellStateLocked(*queue);
  };
  subscription_ = client.Subscribe(
      belfry::Literal(TopicOf(room_id)),
      [this](const belfry::Message& message) { OnMessage(message); }, std::move(options));
}

void Room::Join(ViewerQueue* queue) {
  const std::lock_guard lock(mutex_);
  queues_.insert(queue);
  if (refused_) queue->Close();
  TellStateLocked(*queue);
}

void Room::Leave(ViewerQueue* queue) {
  const std::lock_guard lock(mutex_);
  queues_.erase(queue);
}

void Room::SetConnected(bool connected) {
  const std::lock_guard lock(mutex_);
  if (connected_ == connected) return;
  connected_ = connected;
  for (ViewerQueue* queue : queues_) TellStateLocked(*queue);
}

void Room::CloseQueues() {
  const std::lock_guard lock(mutex_);
  for (ViewerQueue* queue : queues_) queue->Close();
}

// `ready` promises that whatever is published from now on comes here or shows as a gap. Its id is
// no message's: a browser that comes back names it, though it has seen no message yet, and so is
// told that some may be missing.
void Room::TellStateLocked(ViewerQueue& queue) const {
  const bool ready = confirmed_ && connected_;
  queue.SetState(std::make_shared<const std::string>(
      ready ? EventText("ready", "0-0", node_name_)
            : EventText("state", "", confirmed_ ? "reconnecting" : "connecting")));
}

void Room::OnMessage(const belfry::Message& message) {
  const std::string id =
      std::to_string(UnixMicros(message.time())) + "-" + std::to_string(++events_);
  // The format carries UTF-8 only. Whoever publishes other bytes to a room is shown as base64.
  if (IsPlainText(message.payload())) {
    PushToAll(EventText("message", id, message.payload()), 1);
  } else {
    PushToAll(EventText("binary", id, Base64(message.payload())), 1);
  }
}

void Room::OnGap(const belfry::Gap& gap) {
  PushToAll(GapEvent(CauseName(gap.cause), gap.count), gap.count);
}

void Room::OnRefused() {
  const std::lock_guard lock(mutex_);
  refused_ = true;
  for (ViewerQueue* queue : queues_) queue->Close();
}

void Room::PushToAll(std::string text, std::optional<uint64_t> messages) {
  const auto shared = std::make_shared<const std::string>(std::move(text));
  const std::lock_guard lock(mutex_);
  for (ViewerQueue* queue : queues_) queue->Push({shared, messages});
}

}  // namespace sse_node
