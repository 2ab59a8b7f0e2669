// SPDX-License-Identifier: Apache-2.0
//
// What a protocol brings to a core::Session: the way out. The session decides what goes and in
// which order; the sink encodes it and knows when the wire is full.
//
// Threads: Confined to the session's reactor. Ownership: the sink outlives its session's attachment
// to it. No call of a sink calls back into the session before it returns, but for Close, Yield, and
// a plain call that ends itself (Session::Retire) in SendSubscribeResults or SendGoAway.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "broker/core/gap.h"
#include "broker/core/publish.h"
#include "broker/core/record.h"
#include "common/error_code.h"

namespace belfry::core {

class Session;

struct SubscribeResult {
  // The same numbers as belfry.v1.Verdict.
  enum class Verdict : uint8_t { kNew = 0, kRefused = 4, kRemoved = 5 };
  uint32_t id = 0;
  Verdict verdict = Verdict::kNew;
  uint32_t lane = 0;
  ErrorCode error = ErrorCode::kNone;
};

class SessionSink {
 public:
  virtual ~SessionSink() = default;

  // False: the session keeps what it has in its lanes until Session::Touch after room has come.
  virtual bool writable() const = 0;

  // Numbered frames.
  virtual void SendSubscribeResults(std::span<const SubscribeResult> results) = 0;
  virtual void SendPublishResults(const PublishResults& results) = 0;
  virtual void SendDeliver(uint32_t lane, std::span<const Ref<const Record>> records) = 0;
  virtual void SendGap(uint32_t lane, const Gap& gap) = 0;
  // Others.
  virtual void SendHeartbeat() = 0;
  virtual void SendGoAway(ErrorCode reason, uint32_t after_ms) = 0;
  virtual void SendNotice(ErrorCode code, uint32_t lane) = 0;

  // The connection is over for this reason. The sink ends its stream soon; within the call it parks
  // the session (Broker::Park) if it may come back (HEARTBEAT_TIMEOUT), otherwise it retires it.
  virtual void Close(ErrorCode reason) = 0;
  // Another connection goes on with the session: the sink hands it over and ends its stream. Only
  // asked of sinks whose sessions have a resume token.
  virtual std::unique_ptr<Session> Yield();
};

}  // namespace belfry::core
