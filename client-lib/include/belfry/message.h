// SPDX-License-Identifier: Apache-2.0
//
// A received message, and a Gap: the announcement that some were lost.
//
// A Message is a cheap handle (one reference count) on the bytes as they arrived; its views stay
// valid while any copy of it lives. A kept copy may hold the whole frame it came in (up to 256
// KiB): to keep a small message for long, copy out what you need.
//
// Threads: Immutable; copies may be used from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "belfry/export.h"

namespace belfry {

namespace client {
struct Record;
}  // namespace client

// A place in a replay topic: `epoch` is one log's life, offsets are contiguous from 0 in it.
struct Position {
  uint64_t epoch = 0;
  uint64_t offset = 0;

  friend bool operator==(const Position&, const Position&) = default;
};

class BELFRY_API Message {
 public:
  // Made by the library.
  explicit Message(std::shared_ptr<const client::Record> record) : record_(std::move(record)) {}

  std::string_view topic() const;
  std::string_view payload() const;
  // Empty if the publisher gave none.
  std::string_view key() const;
  // Who published it, as the broker authenticated them; empty without authentication.
  std::string_view publisher() const;
  // When the broker took it in.
  std::chrono::system_clock::time_point time() const;
  // Replay topics only.
  std::optional<Position> position() const;

  // Calls visit(name, value) for each header, in order.
  void ForEachHeader(
      const std::function<void(std::string_view name, std::string_view value)>& visit) const;
  // The first header of that name.
  std::optional<std::string_view> Header(std::string_view name) const;

 private:
  std::shared_ptr<const client::Record> record_;
};

enum class GapCause {
  // A queue in the broker was full.
  kOverflow,
  // The session broke and could not be resumed.
  kReconnect,
  // A link between brokers lost messages.
  kPeerLink,
  // Retention removed them before they were read.
  kRetention,
  // The broker shed load to stay within its memory.
  kMemory,
  // The topic's log was replaced by a new one.
  kTopicReset,
  // This subscription's own queue in this process was full: its handler is too slow.
  kLocalOverflow,
};

struct TopicGap {
  std::string topic;
  // Exact.
  uint64_t count = 0;
  // Replay topics: the offsets lost, [from_offset, to_offset).
  uint64_t epoch = 0;
  uint64_t from_offset = 0;
  uint64_t to_offset = 0;
};

// Messages were lost here, between the message before and the message after.
struct Gap {
  GapCause cause = GapCause::kOverflow;
  // Up to 64 topics with exact counts. Empty: more topics than that, or unknown which.
  std::vector<TopicGap> topics;
  // All that was lost; empty if unknown. With topics that this subscription's filter does not match
  // left out, the sum of `topics`. Without topics it may count messages of other subscriptions.
  std::optional<uint64_t> count;
  // The broker's total that it could not take apart: every subscription of this client with the
  // same overflow policy was told the same.
  bool shared = false;
};

}  // namespace belfry
