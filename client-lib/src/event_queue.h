// SPDX-License-Identifier: Apache-2.0
//
// What waits for one subscription's handlers, in order: messages, gaps, the confirmation, a
// refusal. Bounded: when full, the overflow policy says which message is lost, and a
// Gap{LOCAL_OVERFLOW} stands in its place.
//
//   before       [confirmed] [m1] [gap A] [m2] [m3]        full
//   kDropOldest  [confirmed] [gap local: m1] [gap A] [m2] [m3] [m4]
//   kDropNewest  [confirmed] [m1] [gap A] [m2] [m3] [gap local: m4]
//   kConflate    [confirmed] [m1] [gap A] [ - ] [m3] [m4]     if m4 has the topic and key of m2
//
// Between two messages there is at most one gap of each cause, so a stalled handler's queue stays
// bounded whatever arrives.
// Threads: Confined to the holder of LocalSubscription's mutex. Units: bytes are those of encoded
// messages plus kOverheadBytes each. A message in a large frame holds all of it; beyond bytes_max
// of frames held, and with kConflate, messages are copied out of theirs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "belfry/message.h"
#include "belfry/overflow_policy.h"
#include "client-lib/src/record.h"

namespace belfry::client {

struct QueuedEvent {
  // Two that never leave a queue. kBarrier: see StrandSet. kReplaced: where a message stood that a
  // newer one of its key has replaced.
  enum class Kind : uint8_t { kMessage, kGap, kConfirmed, kRefused, kBarrier, kReplaced };

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

  EventQueue(OverflowPolicy policy, size_t messages_max, size_t bytes_max)
      : policy_(policy), messages_max_(messages_max), bytes_max_(bytes_max) {}

  struct Pushed {
    // Messages lost to make room, or this one.
    size_t dropped = 0;
    bool replaced = false;
    // There is no room and the policy is kDisconnect: the message was not taken.
    bool refused = false;
  };
  Pushed PushMessage(const std::shared_ptr<const DeliverBatch>& batch, uint32_t index);
  void PushGap(Gap gap);
  void PushControl(QueuedEvent::Kind kind);

  // Moves up to `max` events to the end of *out, none from behind a barrier.
  void Take(size_t max, std::vector<QueuedEvent>* out);
  // True if a barrier was first; it is gone then.
  bool TakeBarrier();
  void Clear();

  bool empty() const { return events_.size() == replaced_; }
  size_t messages() const { return messages_; }
  size_t PlacesForTest() const { return events_.size(); }

 private:
  using Kind = QueuedEvent::Kind;
  // The views are of the record that waits.
  struct Key {
    std::string_view topic;
    std::string_view key;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };

  bool Full(size_t bytes) const {
    return messages_ > 0 && (messages_ + 1 > messages_max_ || bytes_ + bytes > bytes_max_);
  }
  bool HalfFree() const { return messages_ <= messages_max_ / 2 && bytes_ <= bytes_max_ / 2; }
  void Append(const std::shared_ptr<const DeliverBatch>& batch, uint32_t index);
  void DropOldest();
  void DropNewest(std::string_view topic);
  // The message that waits with that key leaves, if there is one.
  bool Replace(const Key& key);
  // Without this, one hot key would leave ever more places and gaps behind.
  void CompactReplaced();
  void EraseAt(size_t at);
  // Where the events after the last message begin.
  size_t TailRun() const;
  // Removes the gaps from `at` to the next message that merge into one before `at`.
  void MergeRun(size_t at);
  // The gap of that cause in events_[begin, end), or null.
  Gap* FindGap(size_t begin, size_t end, GapCause cause);
  // A message leaves: its record, its cost, its key.
  std::shared_ptr<const Record> Release(QueuedEvent& event, uint64_t place);

  const OverflowPolicy policy_;
  const size_t messages_max_;
  const size_t bytes_max_;
  std::deque<QueuedEvent> events_;
  // The place of events_.front(): places count up and are never used again.
  uint64_t first_place_ = 0;
  size_t messages_ = 0;
  size_t bytes_ = 0;
  size_t held_bytes_ = 0;
  // The frame whose bytes the last charge was for.
  std::weak_ptr<const DeliverBatch> charged_;
  // kDropNewest: full, and not half free since.
  bool shut_ = false;
  // kConflate: the place of each key's message, and events of kind kReplaced.
  std::unordered_map<Key, uint64_t, KeyHash> places_;
  size_t replaced_ = 0;
};

}  // namespace belfry::client
