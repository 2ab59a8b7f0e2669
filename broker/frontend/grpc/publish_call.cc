// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/publish_call.h"

#include <fmt/format.h>

#include "broker/frontend/grpc/convert.h"
#include "broker/frontend/grpc/entry_limits.h"
#include "broker/frontend/grpc/publish_decoder.h"
#include "broker/rpc/typed_method.h"

namespace belfry::frontend::grpc {

PublishCall::PublishCall(const ServiceContext& context, rpc::Call& call)
    : broker_(context.broker(call.reactor())), call_(call) {
  broker_.JoinIntake(*this);
}

void PublishCall::OnMessage(std::string_view message) {
  if (ended_) return;
  // A whole look first: either every message of the request is taken up, or none is published.
  PublishHead head;
  if (!ParsePublishHead(message, kPublishRequestFields, &head)) {
    Refuse("the bytes are no belfry.v1.PublishRequest");
  } else if (received_) {
    Refuse("Publish takes one request");
  } else if (head.messages > kPlainCallEntriesMax) {
    Refuse(fmt::format("a PublishRequest holds at most {} messages", kPlainCallEntriesMax));
  }
  if (ended_) return;
  received_ = true;
  uint64_t sequence = head.first_sequence;
  ForEachPublish(message, kPublishRequestFields.messages, [&](const wire::PublishView& publish) {
    core::PublishOutcome outcome = broker_.Publish(publish, call_.peer().principal);
    outcome.sequence = sequence++;
    ToProto(outcome, response_.add_outcomes());
  });
}

void PublishCall::Refuse(std::string_view text) {
  ended_ = true;
  call_.Finish(InvalidArgument(text));
}

void PublishCall::OnHalfClose() {
  if (ended_) return;
  ended_ = true;
  if (!received_) {
    call_.Finish(InvalidArgument("Publish takes one request, and none came"));
    return;
  }
  rpc::WriteMessage(call_, response_);
  call_.Finish(Status());
}

void PublishCall::OnIntake(bool open) {
  if (open) {
    call_.ResumeReading();
  } else {
    call_.PauseReading();
  }
}

}  // namespace belfry::frontend::grpc
