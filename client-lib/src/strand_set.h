// SPDX-License-Identifier: Apache-2.0
//
// One subscription's queues: as many as its handlers may run at once. A topic belongs to one
// strand, so its messages keep their order; a strand has at most one drain at a time. What concerns
// all topics, a Gap without topics for instance, is a barrier: every strand stops there, the last
// one to arrive handles it, and then all go on.
//
//   strand 0   [a1] [a2] | [a3]            topics a and c
//   strand 1   [b1]      | [b2] [b3]       topic b
//                        ^ confirmed, refused, a gap of all topics
//
// Threads: Confined to the holder of LocalSubscription's mutex. The bounds are divided among the
// strands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "client-lib/src/event_queue.h"

namespace belfry::client {

class StrandSet {
 public:
  // Strands for which a drain must be posted.
  using Posts = std::vector<size_t>;

  StrandSet(OverflowPolicy policy, size_t strands, size_t messages_max, size_t bytes_max);

  EventQueue::Pushed PushMessage(const std::shared_ptr<const DeliverBatch>& batch, uint32_t index,
                                 Posts* posts);
  void PushGap(Gap gap, Posts* posts);
  void PushControl(QueuedEvent::Kind kind, Posts* posts);

  // A posted drain begins; *out is what it has to handle.
  void Begin(size_t strand, size_t max, std::vector<QueuedEvent>* out);
  // It has handled that.
  void End(size_t strand, Posts* posts);
  void Clear();

  // Drains that are between Begin and End.
  size_t running() const { return running_; }
  size_t messages() const;

 private:
  struct Strand {
    Strand(OverflowPolicy policy, size_t messages_max, size_t bytes_max)
        : queue(policy, messages_max, bytes_max) {}

    EventQueue queue;
    // A drain is posted or running.
    bool posted = false;
    // Stands at the first barrier.
    bool waiting = false;
  };

  size_t StrandOf(std::string_view topic) const;
  void PostIfDue(size_t strand, Posts* posts);
  void PushToAll(QueuedEvent event, Posts* posts);

  std::deque<Strand> strands_;
  // In order; every strand's queue has a kBarrier for each that it has not passed.
  std::deque<QueuedEvent> barriers_;
  size_t waiting_ = 0;
  // The last strand to arrive, while it handles what they all wait for.
  std::optional<size_t> releasing_;
  size_t running_ = 0;
};

}  // namespace belfry::client
