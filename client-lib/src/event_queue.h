// SPDX-License-Identifier: Apache-2.0
//
// What waits for one subscription's handlers, in order: messages, gaps, the confirmation, a
// refusal. Bounded: when full, the oldest message is dropped and a Gap{LOCAL_OVERFLOW} stands in
// its place.
//
//   before  [confirmed] [m1] [gap A] [m2] [m3]        full
//   after   [confirmed] [gap local: m1] [gap A] [m2] [m3] [m4]
//
// Between two messages there is at most one gap of each cause, so a stalled handler's queue stays
// bounded whatever arrives.
// Threads: Confined to the holder of LocalSubscription's mutex. Units: bytes are those of encoded
// messages plus kOverheadBytes each. A message in a large frame holds all of it; beyond bytes_max
// of frames held, messages are copied out of theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "belfry/message.h"
#include "client-lib/src/record.h"

namespace belfry::client {

struct QueuedEvent {
  enum class Kind : uint8_t { kMessage, kGap, kConfirmed, kRefused };

  Kind kind = Kind::kMessage;
  std::shared_ptr<const Record> record;
  std::unique_ptr<Gap> gap;
  // Bytes of frame this event is charged for holding.
  size_t held_bytes = 0;
};

class EventQueue {
 public:
  // A QueuedEvent with its share of the deque.
  static constexpr size_t kOverheadBytes = 64;

  EventQueue(size_t messages_max, size_t bytes_max)
      : messages_max_(messages_max), bytes_max_(bytes_max) {}

  // Returns how many messages were dropped to make room.
  size_t PushMessage(const std::shared_ptr<const DeliverBatch>& batch, uint32_t index);
  void PushGap(Gap gap);
  void PushControl(QueuedEvent::Kind kind);

  // Moves up to `max` events to the end of *out.
  void Take(size_t max, std::vector<QueuedEvent>* out);
  void Clear();

  bool empty() const { return events_.empty(); }
  size_t messages() const { return messages_; }

 private:
  using Kind = QueuedEvent::Kind;

  bool Full(size_t bytes) const {
    return messages_ > 0 && (messages_ + 1 > messages_max_ || bytes_ + bytes > bytes_max_);
  }
  void DropOldest();
  // Removes the gaps from `at` to the next message that merge into one before `at`.
  void MergeRun(size_t at);
  // The gap of that cause in events_[begin, end), or null.
  Gap* FindGap(size_t begin, size_t end, GapCause cause);
  void Forget(const QueuedEvent& event);

  const size_t messages_max_;
  const size_t bytes_max_;
  std::deque<QueuedEvent> events_;
  size_t messages_ = 0;
  size_t bytes_ = 0;
  size_t held_bytes_ = 0;
  // The frame whose bytes the last charge was for.
  std::weak_ptr<const DeliverBatch> charged_;
};

}  // namespace belfry::client
