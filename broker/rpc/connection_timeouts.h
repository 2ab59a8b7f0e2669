// SPDX-License-Identifier: Apache-2.0
//
// When a connection has been silent or slow for too long, as a pure rule over instants: the
// connection tells what happens, asks what is due, and sleeps until the next time anything can be.
//
// Threads: Confined to its connection. Fails: never.
#pragma once

#include "broker/rpc/connection_limits.h"
#include "common/clock.h"

namespace belfry::rpc {

class ConnectionTimeouts {
 public:
  enum class Due {
    kNothing,
    kHandshakeOver,  // the TLS handshake took too long
    kNoRequest,      // no request since the connection was opened
    kSendPing,       // silent: ask
    kPeerSilent,     // silent after the PING: dead
    kDrainNotice,    // the answer to the drain's PING is overdue: go on without
    kLingerOver,     // the last words have had time to be read
  };

  ConnectionTimeouts(const ConnectionLimits& limits, Instant now);

  void OnHandshakeDone(Instant now);
  void OnReceived(Instant now);
  void OnRequest() { requested_ = true; }
  void OnPingSent(Instant now);
  void OnDrainNotice(Instant now);
  void OnDrainNoticeDone() { drain_noticed_ = false; }
  void OnLinger(Instant now);

  // What is due now; the most final first. kNothing when all is well.
  Due Check(Instant now) const;
  // The earliest instant at which Check can say something else.
  Instant Next() const;

 private:
  enum class Phase { kHandshake, kOpen, kLinger };

  const ConnectionLimits& limits_;
  Phase phase_ = Phase::kHandshake;
  Instant phase_since_;
  Instant received_at_;
  Instant ping_at_;
  Instant drain_notice_at_;
  bool ping_outstanding_ = false;
  bool requested_ = false;
  bool drain_noticed_ = false;
};

}  // namespace belfry::rpc
