// SPDX-License-Identifier: Apache-2.0
//
// Broker.Publish: a unary call that publishes a few messages and answers one outcome for each, in
// order. It waits, unread, while the reactor's intake is closed.
//
// Threads: Confined to the call's reactor. Ownership: by the connection, as every CallHandler.
#pragma once

#include "belfry/v1/broker.pb.h"
#include "broker/core/broker.h"
#include "broker/frontend/grpc/service_context.h"
#include "broker/rpc/call.h"

namespace belfry::frontend::grpc {

class PublishCall final : public rpc::CallHandler, public core::Intake {
 public:
  PublishCall(const ServiceContext& context, rpc::Call& call);
  ~PublishCall() override { broker_.LeaveIntake(*this); }

  void OnMessage(std::string_view message) override;
  void OnHalfClose() override;
  void OnClosed(const Status&) override {}
  void OnIntake(bool open) override;

 private:
  void Refuse(std::string_view text);

  core::Broker& broker_;
  rpc::Call& call_;
  v1::PublishResponse response_;
  bool received_ = false;
  bool ended_ = false;
};

}  // namespace belfry::frontend::grpc
