// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/publish_call.h"

#include "broker/frontend/grpc/convert.h"
#include "broker/frontend/grpc/publish_decoder.h"
#include "broker/rpc/typed_method.h"

namespace belfry::frontend::grpc {

PublishCall::PublishCall(const ServiceContext& context, rpc::Call& call)
    : broker_(context.broker(call.reactor())), call_(call) {
  broker_.JoinIntake(*this);
}

void PublishCall::OnMessage(std::string_view message) {
  if (ended_) return;
  // A whole parse first: either every message of the request is looked at, or none is published.
  v1::PublishRequest request;
  Status status = rpc::ParseMessage(message, request);
  if (status.ok() && received_) status = InvalidArgument("Publish takes one request");
  if (!status.ok()) {
    ended_ = true;
    call_.Finish(status);
    return;
  }
  received_ = true;
  uint64_t sequence = request.first_sequence();
  ForEachPublish(message, kPublishRequestMessagesField, [&](const wire::PublishView& publish) {
    core::PublishOutcome outcome = broker_.Publish(publish, call_.peer().principal);
    outcome.sequence = sequence++;
    ToProto(outcome, response_.add_outcomes());
  });
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
