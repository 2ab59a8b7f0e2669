// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/flood_guard.h"

#include <chrono>

namespace belfry::rpc {
namespace {

// Envoy's defaults: max_inbound_priority_frames_per_stream,
// max_inbound_window_update_frames_per_data_frame_sent.
constexpr uint64_t kPrioritiesPerStream = 100;
constexpr uint64_t kWindowUpdatesPerDataSent = 10;
constexpr uint64_t kFreeWindowUpdates = 100;

}  // namespace

FloodGuard::FloodGuard(const ConnectionLimits& limits)
    : churn_streams_(limits.churn_streams),
      resets_(limits.resets_per_second, limits.reset_burst),
      ping_(limits.controls_per_second, limits.control_burst),
      settings_(limits.controls_per_second, limits.control_burst),
      empty_data_(limits.controls_per_second, limits.control_burst) {}

void FloodGuard::RollWindow(Instant now) {
  if (now - window_start_ < std::chrono::seconds(1)) return;
  window_start_ = now;
  window_opened_ = window_resets_ = 0;
}

void FloodGuard::OnStreamOpened(Instant now) {
  RollWindow(now);
  ++window_opened_;
  ++streams_opened_;
}

void FloodGuard::OnDataSent() {
  ++data_sent_;
  ping_.Return();
}

bool FloodGuard::OnReset(Instant now) {
  RollWindow(now);
  ++window_resets_;
  if (window_opened_ > churn_streams_ && window_resets_ > window_opened_ / 2) return false;
  return resets_.Take(now);
}

bool FloodGuard::OnWindowUpdate() {
  return ++window_updates_ <=
         kFreeWindowUpdates + 2 * (streams_opened_ + kWindowUpdatesPerDataSent * data_sent_);
}

bool FloodGuard::OnPriority() {
  return ++priorities_ <= kPrioritiesPerStream * (1 + streams_opened_);
}

}  // namespace belfry::rpc
