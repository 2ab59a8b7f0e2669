// SPDX-License-Identifier: Apache-2.0
//
// What a seed's world is like: how many reactors and clients, which bounds, and which features and
// faults happen in it at all. Each seed enables a random part of them (swarm testing), because what
// always happens hides what happens after it.
//
// Threads: a value.
#pragma once

#include <string>
#include <vector>

#include "broker/core/broker.h"
#include "common/topic/filter.h"
#include "tests/sim/prng.h"

namespace belfry::sim {

struct Swarm {
  explicit Swarm(Prng& prng);

  size_t reactors = 1;
  size_t clients = 2;
  size_t steps = 200;
  size_t inbox_capacity = 1024;
  // Frames that a connection takes before it is not writable.
  size_t pipe_frames = 8;
  size_t payload_bytes_max = 40;
  size_t keys = 1;
  std::vector<std::string> topics;
  std::vector<Filter> filters;
  core::BrokerLimits limits;
  core::LaneBounds bounds;
  // Tighter ones, for a reload.
  core::LaneBounds other_bounds;
  size_t memory_limit = 0;
  Duration heartbeat{0};

  // Which of core::OverflowPolicy are used.
  bool policies[4] = {true, false, false, false};
  bool floods = false;
  bool stalls = false;
  bool breaks = false;
  bool half_open = false;
  bool loses_frames = false;
  bool moves = false;
  bool refuses_moves = false;
  bool takeovers = false;
  bool kicks = false;
  bool goodbyes = false;
  bool silence = false;
  bool goes_away = false;
  bool memory_pressure = false;
  bool peer_gaps = false;
  bool reloads = false;
  bool bad_requests = false;
  bool unsubscribes = false;
  bool idle_reactors = false;
  bool lazy_acks = false;
  // Time passes fast, so that readers stall through many age bounds.
  bool long_stalls = false;
  // Many lanes with one filter on a reactor.
  bool crowd = false;
  // More answers at once than one frame holds.
  bool bulk = false;
};

}  // namespace belfry::sim
