// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/convert.h"

#include <fmt/format.h>

namespace belfry::frontend::grpc {
namespace {

StatusCode StatusCodeOf(ErrorCode reason) {
  switch (reason) {
    case ErrorCode::kShuttingDown:
    case ErrorCode::kHeartbeatTimeout:
    case ErrorCode::kKicked:
      return StatusCode::kUnavailable;
    case ErrorCode::kVersionMismatch:
    case ErrorCode::kStaleIncarnation:
      return StatusCode::kFailedPrecondition;
    case ErrorCode::kHelloTimeout:
      return StatusCode::kDeadlineExceeded;
    case ErrorCode::kTakenOver:
    case ErrorCode::kSessionMoved:
      return StatusCode::kAborted;
    case ErrorCode::kTooManySubscriptions:
    case ErrorCode::kNodeMemory:
    case ErrorCode::kSlowSubscriber:
      return StatusCode::kResourceExhausted;
    default:
      return StatusCode::kInvalidArgument;
  }
}

}  // namespace

void ToProto(ErrorCode code, v1::Error* out) {
  const std::string_view text = ErrorCodeText(code);
  out->set_code(static_cast<uint32_t>(code));
  out->set_text(text.data(), text.size());
  out->set_retryable(IsRetryable(code));
}

void ToProto(const core::SubscribeResult& result, v1::SubscribeResult* out) {
  out->set_id(result.id);
  out->set_verdict(static_cast<v1::Verdict>(result.verdict));
  out->set_lane(result.lane);
  if (result.error != ErrorCode::kNone) ToProto(result.error, out->mutable_error());
}

void ToProto(uint32_t lane, const core::Gap& gap, v1::Gap* out) {
  out->set_lane(lane);
  out->set_cause(static_cast<v1::GapCause>(gap.cause));
  out->set_count(gap.count);
  out->set_count_known(gap.count_known);
  for (const core::TopicGap& topic : gap.topics) {
    v1::TopicGap* entry = out->add_topics();
    entry->set_topic(topic.topic);
    entry->set_count(topic.count);
  }
}

void ToProto(const core::PublishOutcome& outcome, v1::PublishOutcome* out) {
  out->set_sequence(outcome.sequence);
  if (outcome.ok()) {
    out->set_outcome(v1::OUTCOME_OK);
    out->set_achieved(v1::ACK_LEVEL_ACCEPTED);
    out->set_subscribers(outcome.subscribers);
    out->set_nodes(outcome.nodes);
  } else {
    out->set_outcome(v1::OUTCOME_FAILED);
    ToProto(outcome.error, out->mutable_error());
  }
}

core::OverflowPolicy FromProto(v1::OverflowPolicy policy) {
  // Not a plain cast: 256 would become DROP_OLDEST.
  return v1::OverflowPolicy_IsValid(policy) ? static_cast<core::OverflowPolicy>(policy)
                                            : core::OverflowPolicy::kUnknown;
}

FilterView FromProto(const v1::Filter& filter) {
  switch (filter.kind()) {
    case v1::FILTER_KIND_LITERAL:
      return {FilterKind::kLiteral, filter.text()};
    case v1::FILTER_KIND_WILDCARD:
      return {FilterKind::kWildcard, filter.text()};
    case v1::FILTER_KIND_GLOB:
      return {FilterKind::kGlob, filter.text()};
    default:
      return {};
  }
}

Status ToStatus(ErrorCode reason) {
  return MakeStatus(StatusCodeOf(reason),
                    fmt::format("{}: {}", ErrorCodeName(reason), ErrorCodeText(reason)));
}

}  // namespace belfry::frontend::grpc
