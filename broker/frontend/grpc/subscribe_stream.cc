// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/subscribe_stream.h"

#include <fmt/format.h>

#include "broker/frontend/grpc/convert.h"
#include "broker/frontend/grpc/deliver_writer.h"
#include "broker/frontend/grpc/entry_limits.h"
#include "broker/rpc/typed_method.h"

namespace belfry::frontend::grpc {

SubscribeStream::SubscribeStream(const ServiceContext& context, const v1::SubscribeRequest& request,
                                 rpc::Call& call)
    : call_(call) {
  if (request.filters().empty()) {
    ended_ = true;
    call_.Finish(InvalidArgument("a SubscribeRequest needs at least one filter"));
    return;
  }
  if (static_cast<size_t>(request.filters_size()) > kPlainCallEntriesMax) {
    ended_ = true;
    call_.Finish(InvalidArgument(
        fmt::format("a SubscribeRequest holds at most {} filters", kPlainCallEntriesMax)));
    return;
  }
  core::Broker& broker = context.broker(call.reactor());
  if (broker.leaving() != ErrorCode::kNone) {
    Close(broker.leaving());
    return;
  }
  core::SessionOptions options;
  options.client_id = "subscribe-call";
  options.principal = call.peer().principal;
  options.address = call.peer().address;
  ErrorCode refused = ErrorCode::kNone;
  session_ = broker.Open(*this, std::move(options), &refused);
  if (session_ == nullptr) {
    Close(refused);
    return;
  }
  uint32_t id = 0;
  for (const v1::Filter& proto : request.filters()) {
    const FilterView filter = FromProto(proto);
    session_->Subscribe(id++, filter, FromProto(request.overflow()), request.has_start());
  }
}

void SubscribeStream::OnWritable() {
  if (session_ != nullptr) session_->Touch();
}

void SubscribeStream::OnClosed(const Status&) {
  ended_ = true;
  session_.reset();
}

void SubscribeStream::SendSubscribeResults(std::span<const core::SubscribeResult> results) {
  for (const core::SubscribeResult& result : results) {
    v1::SubscribeResponse response;
    ToProto(result, response.mutable_subscribed());
    rpc::WriteMessage(call_, response);
  }
  // Nothing could ever come: say so as the call's status, for callers that look at nothing else.
  if (session_ != nullptr && session_->subscriptions() == 0) Close(results.front().error);
}

void SubscribeStream::SendDeliver(uint32_t, std::span<const Ref<const core::Record>> records) {
  WriteBatchResponse(call_, records);
}

void SubscribeStream::SendGap(uint32_t lane, const core::Gap& gap) {
  v1::SubscribeResponse response;
  ToProto(lane, gap, response.mutable_gap());
  rpc::WriteMessage(call_, response);
}

void SubscribeStream::Close(ErrorCode reason) {
  if (ended_) return;
  ended_ = true;
  if (session_ != nullptr) session_->Retire();
  call_.Finish(ToStatus(reason));
}

}  // namespace belfry::frontend::grpc
