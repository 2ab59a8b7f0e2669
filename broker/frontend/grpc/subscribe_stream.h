// SPDX-License-Identifier: Apache-2.0
//
// Broker.Subscribe: a server stream for scripts and other languages. It is a core::Session like any
// other, with fixed filters, no heartbeats (HTTP/2 keepalive finds dead ones) and MessageBatch on
// the wire.
//
// Threads: Confined to the call's reactor. Ownership: by the connection, as every CallHandler.
#pragma once

#include <memory>

#include "belfry/v1/broker.pb.h"
#include "broker/core/session.h"
#include "broker/core/session_sink.h"
#include "broker/frontend/grpc/service_context.h"
#include "broker/rpc/call.h"

namespace belfry::frontend::grpc {

class SubscribeStream final : public rpc::CallHandler, public core::SessionSink {
 public:
  SubscribeStream(const ServiceContext& context, const v1::SubscribeRequest& request,
                  rpc::Call& call);

  // rpc::CallHandler
  void OnMessage(std::string_view) override {}
  void OnHalfClose() override {}
  void OnWritable() override;
  void OnClosed(const Status& how) override;

  // core::SessionSink
  bool writable() const override { return !ended_ && call_.writable(); }
  void SendSubscribeResults(std::span<const core::SubscribeResult> results) override;
  void SendPublishResults(const core::PublishResults&) override {}
  void SendDeliver(uint32_t lane, std::span<const Ref<const core::Record>> records) override;
  void SendGap(uint32_t lane, const core::Gap& gap) override;
  void SendHeartbeat() override {}
  // A plain call has no frame for it; the gap comes if it must.
  void SendNotice(ErrorCode, uint32_t) override {}
  // A plain call has no frame for it: it ends, and the caller's library opens another elsewhere.
  void SendGoAway(ErrorCode reason, uint32_t) override { Close(reason); }
  void Close(ErrorCode reason) override;

 private:
  rpc::Call& call_;
  std::unique_ptr<core::Session> session_;
  bool ended_ = false;
};

}  // namespace belfry::frontend::grpc
