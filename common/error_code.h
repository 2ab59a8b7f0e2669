// SPDX-License-Identifier: Apache-2.0
//
// The closed catalogue of Error.code on the wire; docs/errors.md tells the cause and the cure of
// each. Numbers are never reused. 1–99 come from the broker, 100–199 are made by the client
// library.
//
// Threads: Immutable.
#pragma once

#include <cstdint>
#include <string_view>

namespace belfry {

enum class ErrorCode : uint32_t {
  kNone = 0,
  // One operation was refused.
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
  // The session ends.
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
  // Notices: nothing was refused and nothing ends.
  kLaneHalfFull = 40,
  // Made by the client library.
  kClientClosed = 100,
  kTimeout = 101,
  kInFlightFull = 102,
  kConnectionLost = 103,
  kInvalidOption = 104,
  kHandlerThrew = 105,
};

// As it stands in docs/errors.md, for instance "BAD_TOPIC".
std::string_view ErrorCodeName(ErrorCode code);
// One sentence: what is wrong and what to do.
std::string_view ErrorCodeText(ErrorCode code);
// True: the same operation may succeed later.
bool IsRetryable(ErrorCode code);

}  // namespace belfry
