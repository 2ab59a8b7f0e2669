// SPDX-License-Identifier: Apache-2.0
//
// Counts what a peer may do for free on one connection, and says when it is too much. nghttp2
// bounds only the resets a peer sends (CVE-2023-44487) and unsent acknowledgements; these are ours
// on top:
//   resets in both directions, so also those that a peer provokes from us ("MadeYouReset",
//   CVE-2025-8671); stream churn: more than half of more than 500 streams reset within a second;
//   PING, SETTINGS, empty DATA: 10 a second after a burst of 100. Every DATA frame of ours earns
//   one PING back,
//     because gRPC libraries measure their bandwidth with PINGs while they receive;
//   WINDOW_UPDATE and PRIORITY in proportion to streams opened and DATA sent, as Envoy bounds them.
//
// Threads: Confined to its connection. Fails: each method returns false once the connection must be
// cut.
#pragma once

#include <cstdint>

#include "broker/reactor/token_bucket.h"
#include "broker/rpc/connection_limits.h"
#include "common/clock.h"

namespace belfry::rpc {

class FloodGuard {
 public:
  explicit FloodGuard(const ConnectionLimits& limits);

  void OnStreamOpened(Instant now);
  void OnDataSent();
  [[nodiscard]] bool OnReset(Instant now);  // RST_STREAM, received or sent
  [[nodiscard]] bool OnPing(Instant now) { return ping_.Take(now); }
  [[nodiscard]] bool OnSettings(Instant now) { return settings_.Take(now); }
  [[nodiscard]] bool OnEmptyData(Instant now) { return empty_data_.Take(now); }
  [[nodiscard]] bool OnWindowUpdate();
  [[nodiscard]] bool OnPriority();

 private:
  void RollWindow(Instant now);

  const uint32_t churn_streams_;
  reactor::TokenBucket resets_;
  reactor::TokenBucket ping_;
  reactor::TokenBucket settings_;
  reactor::TokenBucket empty_data_;
  Instant window_start_;
  uint32_t window_opened_ = 0;
  uint32_t window_resets_ = 0;
  uint64_t streams_opened_ = 0;
  uint64_t data_sent_ = 0;
  uint64_t window_updates_ = 0;
  uint64_t priorities_ = 0;
};

}  // namespace belfry::rpc
