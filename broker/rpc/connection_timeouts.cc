// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/connection_timeouts.h"

#include <algorithm>

namespace belfry::rpc {

ConnectionTimeouts::ConnectionTimeouts(const ConnectionLimits& limits, Instant now)
    : limits_(limits), phase_since_(now), received_at_(now) {}

void ConnectionTimeouts::OnHandshakeDone(Instant now) {
  phase_ = Phase::kOpen;
  phase_since_ = received_at_ = now;
}

void ConnectionTimeouts::OnReceived(Instant now) {
  received_at_ = now;
  ping_outstanding_ = false;
}

void ConnectionTimeouts::OnPingSent(Instant now) {
  ping_outstanding_ = true;
  ping_at_ = now;
}

void ConnectionTimeouts::OnDrainNotice(Instant now) {
  drain_noticed_ = true;
  drain_notice_at_ = now;
}

void ConnectionTimeouts::OnLinger(Instant now) {
  phase_ = Phase::kLinger;
  phase_since_ = now;
}

ConnectionTimeouts::Due ConnectionTimeouts::Check(Instant now) const {
  switch (phase_) {
    case Phase::kHandshake:
      return now >= phase_since_ + limits_.tls_handshake_timeout ? Due::kHandshakeOver
                                                                 : Due::kNothing;
    case Phase::kLinger:
      return now >= phase_since_ + limits_.linger ? Due::kLingerOver : Due::kNothing;
    case Phase::kOpen:
      break;
  }
  if (!requested_ && now >= phase_since_ + limits_.first_request_timeout) return Due::kNoRequest;
  if (ping_outstanding_) {
    if (now >= ping_at_ + limits_.keepalive_timeout) return Due::kPeerSilent;
  } else if (now >= received_at_ + limits_.keepalive_interval) {
    return Due::kSendPing;
  }
  if (drain_noticed_ && now >= drain_notice_at_ + limits_.drain_notice_timeout) {
    return Due::kDrainNotice;
  }
  return Due::kNothing;
}

Instant ConnectionTimeouts::Next() const {
  if (phase_ == Phase::kHandshake) return phase_since_ + limits_.tls_handshake_timeout;
  if (phase_ == Phase::kLinger) return phase_since_ + limits_.linger;
  Instant next = ping_outstanding_ ? ping_at_ + limits_.keepalive_timeout
                                   : received_at_ + limits_.keepalive_interval;
  if (!requested_) next = std::min(next, phase_since_ + limits_.first_request_timeout);
  if (drain_noticed_) next = std::min(next, drain_notice_at_ + limits_.drain_notice_timeout);
  return next;
}

}  // namespace belfry::rpc
