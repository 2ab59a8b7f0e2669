// SPDX-License-Identifier: Apache-2.0
//
// What went wrong, as a value: no exception leaves the library. Codes are those of Belfry's closed
// catalogue (docs/errors.md): 1 to 99 are said by a broker, 100 to 199 by this library. A code that
// is not listed here comes from a newer broker; `text` and `retryable` still tell what to do.
//
// Threads: Immutable value.
#pragma once

#include <cstdint>
#include <string>

namespace belfry {

struct Error {
  enum Code : uint32_t {
    kNone = 0,
    kBadTopic = 1,
    kBadFilter = 2,
    kPayloadTooLarge = 3,
    kBadHeader = 4,
    kTooManySubscriptions = 5,
    kSubscriptionIdInUse = 6,
    kNoReplay = 7,
    kUnsupportedPolicy = 8,
    kUnsupported = 9,
    kNodeMemory = 10,
    kShuttingDown = 20,
    kHeartbeatTimeout = 21,
    kProtocolError = 22,
    kVersionMismatch = 23,
    kHelloTimeout = 24,
    kSlowSubscriber = 25,
    kTakenOver = 26,
    kStaleIncarnation = 27,
    kKicked = 28,
    kSessionMoved = 29,
    kLaneHalfFull = 40,
    kClientClosed = 100,
    kTimeout = 101,
    kInFlightFull = 102,
    kConnectionLost = 103,
    kInvalidOption = 104,
    kHandlerThrew = 105,
  };

  uint32_t code = kNone;
  std::string text;
  // The same operation may succeed later.
  bool retryable = false;
  // A wish of the broker; 0 for none.
  uint32_t retry_after_ms = 0;

  bool ok() const { return code == kNone; }
  // True if there is an error.
  explicit operator bool() const { return code != kNone; }
};

}  // namespace belfry
