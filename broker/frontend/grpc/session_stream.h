// SPDX-License-Identifier: Apache-2.0
//
// Broker.Session: one bidirectional stream of one client process, between rpc::Call and
// core::Session. Frames in become operations of the session; what the session sends becomes frames
// out.
//
//     OnMessage → Hello → (Welcome) → subscribe | unsubscribe | publish | ping | … → Goodbye
//
// A Hello that resumes a session of another reactor moves the whole connection there first
// (design.md §7). When the stream breaks, the session is parked for its client to come back.
//
// Reading stops while the stream's output is full or while the reactor's intake is closed, so that
// back-pressure reaches the client.
//
// Threads: Confined to the call's reactor. Ownership: by the connection, as every CallHandler.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "belfry/v1/broker.pb.h"
#include "broker/core/session.h"
#include "broker/core/session_sink.h"
#include "broker/frontend/grpc/service_context.h"
#include "broker/reactor/timer.h"
#include "broker/rpc/call.h"

namespace belfry::frontend::grpc {

class SessionStream final : public rpc::CallHandler, public core::SessionSink, public core::Intake {
 public:
  SessionStream(const ServiceContext& context, rpc::Call& call);
  ~SessionStream() override;

  // rpc::CallHandler
  void OnMessage(std::string_view message) override;
  void OnHalfClose() override;
  void OnWritable() override;
  void OnMoved() override;
  void OnClosed(const Status& how) override;

  // core::SessionSink
  bool writable() const override { return !ended_ && call_.writable(); }
  void SendSubscribeResults(std::span<const core::SubscribeResult> results) override;
  void SendPublishResults(const core::PublishResults& results) override;
  void SendDeliver(uint32_t lane, std::span<const Ref<const core::Record>> records) override;
  void SendGap(uint32_t lane, const core::Gap& gap) override;
  void SendHeartbeat() override;
  void SendGoAway(ErrorCode reason, uint32_t after_ms) override;
  void SendNotice(ErrorCode code, uint32_t lane) override;
  void Close(ErrorCode reason) override;
  std::unique_ptr<core::Session> Yield() override;

  // core::Intake
  void OnIntake(bool open) override;

 private:
  void OnHello(const v1::Hello& hello);
  Status CheckHello(const v1::Hello& hello) const;
  void BeginSession(const v1::Hello& hello);
  // The session that the Hello asks for, if this reactor has it. Null with `*moving` set: it is on
  // another, and the connection is on its way there.
  std::unique_ptr<core::Session> Resume(const v1::Hello& hello, bool* moving);
  void SendWelcome(bool resumed);
  void OnFrame(const v1::ClientFrame& frame);
  // False: it was impossible, and the stream has ended.
  bool OnAcknowledged(uint64_t frames_through);
  void OnSubscribe(const v1::SubscribeBatch& batch);
  void OnPublish(std::string_view batch);
  void Send(const v1::ServerFrame& frame);
  void End(const Status& status);
  void LogDebug(std::string_view what, std::string_view reason) const;
  void UpdateReading();

  const ServiceContext& context_;
  rpc::Call& call_;
  core::Broker* broker_;
  // From the Hello on, for the log.
  std::string client_id_;
  // Until the Hello.
  std::optional<reactor::Timer> hello_timer_;
  // While the connection moves to the reactor of the session that it resumes.
  std::optional<v1::Hello> moving_hello_;
  // From the Hello on.
  std::unique_ptr<core::Session> session_;
  bool in_intake_ = false;
  bool intake_open_ = true;
  bool reading_ = true;
  bool ended_ = false;
};

}  // namespace belfry::frontend::grpc
