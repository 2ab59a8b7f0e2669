// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/broker_service.h"

#include "broker/frontend/grpc/publish_call.h"
#include "broker/frontend/grpc/session_stream.h"
#include "broker/frontend/grpc/subscribe_stream.h"
#include "broker/rpc/typed_method.h"

namespace belfry::frontend::grpc {
namespace {

// A publishing session may send this far ahead of what its reactor has taken: at 128 bytes a
// message some thousands, so that one round trip never limits it.
constexpr uint32_t kSessionWindowBytes = 256 << 10;

}  // namespace

void AddBrokerService(rpc::ServiceTable& table, const ServiceContext& context) {
  table.Add("/belfry.v1.Broker/Session",
            {.receive_bytes_max = context.frame_bytes_max,
             .long_lived = true,
             .stream_window_bytes = kSessionWindowBytes},
            [&context](rpc::Call& call) { return std::make_unique<SessionStream>(context, call); });
  table.Add("/belfry.v1.Broker/Publish", {.receive_bytes_max = context.frame_bytes_max},
            [&context](rpc::Call& call) { return std::make_unique<PublishCall>(context, call); });
  rpc::AddServerStreaming<v1::SubscribeRequest>(
      table, "/belfry.v1.Broker/Subscribe", {.long_lived = true},
      [&context](const v1::SubscribeRequest& request, rpc::Call& call) {
        return std::make_unique<SubscribeStream>(context, request, call);
      });
  rpc::AddServerStreaming<v1::FetchRequest>(
      table, "/belfry.v1.Broker/Fetch", {},
      [](const v1::FetchRequest&, rpc::Call& call) -> std::unique_ptr<rpc::CallHandler> {
        call.Finish(Unimplemented("Fetch reads replay topics, which this release does not have"));
        return nullptr;
      });
}

}  // namespace belfry::frontend::grpc
