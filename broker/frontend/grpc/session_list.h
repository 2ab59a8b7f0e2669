// SPDX-License-Identifier: Apache-2.0
//
// Admin.ListSessions: reactor after reactor, some hundred sessions a step, and the next step only
// when the reader has taken the last ones. Sessions come by number, so that those that open and end
// meanwhile disturb nothing: one that is there all the while is listed once.
//
// Threads: Confined to the call's reactor; each step looks at sessions on theirs. Ownership: by the
// connection, as every CallHandler.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "belfry/v1/admin.pb.h"
#include "broker/core/destination.h"
#include "broker/core/session_directory.h"
#include "broker/frontend/grpc/service_context.h"
#include "broker/rpc/call.h"

namespace belfry::frontend::grpc {

class SessionList final : public rpc::CallHandler {
 public:
  // Sessions looked at in a step: some 200 µs of a reactor's time, and 64 KiB of answer.
  static constexpr size_t kLooksPerStep = 256;

  SessionList(const ServiceContext& context, bool slow_only, rpc::Call& call);

  // rpc::CallHandler
  void OnMessage(std::string_view) override {}
  void OnHalfClose() override {}
  void OnWritable() override;
  void OnClosed(const Status& how) override;

 private:
  struct Page {
    std::vector<v1::SessionStatus> sessions;
    core::SessionId last = 0;
    bool more = false;
  };
  static Page PageOf(const core::Broker& broker, core::SessionId after, bool slow_only);

  void Ask();
  void OnPage(const Page& page);

  const ServiceContext& context_;
  const bool slow_only_;
  rpc::Call& call_;
  core::DestinationId reactor_ = 0;
  core::SessionId after_ = 0;
  bool asking_ = false;
  bool ended_ = false;
  // An answer that comes when this is gone finds out by it.
  const std::shared_ptr<SessionList*> self_ = std::make_shared<SessionList*>(this);
};

}  // namespace belfry::frontend::grpc
