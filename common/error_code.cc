// SPDX-License-Identifier: Apache-2.0
#include "common/error_code.h"

namespace belfry {
namespace {

struct Entry {
  ErrorCode code;
  std::string_view name;
  std::string_view text;
  bool retryable;
};

constexpr Entry kEntries[] = {
    {ErrorCode::kNone, "NONE", "", false},
    {ErrorCode::kBadTopic, "BAD_TOPIC",
     "the topic is empty, over limits.topic_bytes, begins with '$', or is not UTF-8 without "
     "control characters",
     false},
    {ErrorCode::kBadFilter, "BAD_FILTER",
     "the filter is empty, over limits.topic_bytes, begins with '$', or is malformed: '*' must be "
     "a "
     "whole segment, '>' only the last",
     false},
    {ErrorCode::kPayloadTooLarge, "PAYLOAD_TOO_LARGE",
     "the payload is over limits.payload_bytes; send less or raise the limit", false},
    {ErrorCode::kBadHeader, "BAD_HEADER",
     "a header key is empty or not UTF-8 without control characters, or key and headers are over "
     "32 KiB",
     false},
    {ErrorCode::kTooManySubscriptions, "TOO_MANY_SUBSCRIPTIONS",
     "the session has limits.subscriptions subscriptions; use wildcards or raise the limit", false},
    {ErrorCode::kSubscriptionIdInUse, "SUBSCRIPTION_ID_IN_USE",
     "the id belongs to a subscription with another filter or policy; unsubscribe it first", false},
    {ErrorCode::kNoReplay, "NO_REPLAY",
     "the topic keeps no history; leave out the start, or ask for ACCEPTED", false},
    {ErrorCode::kUnsupportedPolicy, "UNSUPPORTED_POLICY",
     "an overflow policy of a newer release; use one that this release has", false},
    {ErrorCode::kUnsupported, "UNSUPPORTED", "this release does not answer this frame", false},
    {ErrorCode::kNodeMemory, "NODE_MEMORY",
     "the node is near its memory limit; try again later or elsewhere, or raise limits.memory",
     true},
    {ErrorCode::kShuttingDown, "SHUTTING_DOWN", "the node is stopping; connect to another", true},
    {ErrorCode::kHeartbeatTimeout, "HEARTBEAT_TIMEOUT",
     "nothing was heard for three heartbeat intervals; connect again", true},
    {ErrorCode::kProtocolError, "PROTOCOL_ERROR",
     "the client sent a frame that the protocol does not allow here", false},
    {ErrorCode::kVersionMismatch, "VERSION_MISMATCH",
     "client and broker have no protocol version in common; upgrade the older one", false},
    {ErrorCode::kHelloTimeout, "HELLO_TIMEOUT",
     "no Hello came within session.hello_timeout; send it first", true},
    {ErrorCode::kSlowSubscriber, "SLOW_SUBSCRIBER",
     "a lane with the policy DISCONNECT was full; read faster, or choose another policy", true},
    {ErrorCode::kTakenOver, "TAKEN_OVER",
     "a newer process, or a newer connection, with this client_id has taken its place", false},
    {ErrorCode::kStaleIncarnation, "STALE_INCARNATION",
     "a newer process with this client_id has a session; give each process its own", false},
    {ErrorCode::kKicked, "KICKED", "an operator ended the session; connect again", true},
    {ErrorCode::kSessionMoved, "SESSION_MOVED",
     "the session goes on over a newer connection of the same client", false},
    {ErrorCode::kLaneHalfFull, "LANE_HALF_FULL",
     "a lane's queue is half full; read faster, or messages will be lost", false},
    {ErrorCode::kClientClosed, "CLIENT_CLOSED", "the client was closed", false},
    {ErrorCode::kTimeout, "TIMEOUT", "no outcome came in time", true},
    {ErrorCode::kInFlightFull, "IN_FLIGHT_FULL",
     "too much is waiting for outcomes; publish slower or raise publish_in_flight_bytes_max", true},
    {ErrorCode::kConnectionLost, "CONNECTION_LOST",
     "the connection broke after the message was sent and before its outcome came", true},
    {ErrorCode::kInvalidOption, "INVALID_OPTION", "an option has a value that is not allowed",
     false},
    {ErrorCode::kHandlerThrew, "HANDLER_THREW",
     "a handler or callback of the application threw an exception; catch it there", false},
};

const Entry& Find(ErrorCode code) {
  for (const Entry& entry : kEntries) {
    if (entry.code == code) return entry;
  }
  static constexpr Entry kUnknown = {ErrorCode::kNone, "UNKNOWN_CODE",
                                     "a code of a newer release; see its docs/errors.md", false};
  return kUnknown;
}

}  // namespace

std::string_view ErrorCodeName(ErrorCode code) { return Find(code).name; }
std::string_view ErrorCodeText(ErrorCode code) { return Find(code).text; }
bool IsRetryable(ErrorCode code) { return Find(code).retryable; }

}  // namespace belfry
