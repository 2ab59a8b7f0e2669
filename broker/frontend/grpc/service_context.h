// SPDX-License-Identifier: Apache-2.0
//
// What the services of the gRPC door share: the brokers, one for each reactor, and what the node
// says of itself. Filled by the application before the server listens.
//
// Threads: Immutable once serving; the functions are Thread-safe. Ownership: everything pointed at
// belongs to the application and outlives the server.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "broker/core/broker.h"
#include "broker/observability/logging.h"
#include "broker/observability/readiness.h"
#include "broker/observability/repeated_warning.h"
#include "broker/reactor/reactor.h"
#include "common/clock.h"

namespace belfry::frontend::grpc {

// Of the whole node, summed over its reactors, at about this moment.
struct NodeTotals {
  uint64_t connections = 0;
  uint64_t sessions = 0;
  uint64_t sessions_parked = 0;
  uint64_t sessions_resumed = 0;
  uint64_t subscriptions = 0;
  uint64_t messages_in = 0;
  uint64_t deliveries_out = 0;
  uint64_t dropped = 0;
  uint64_t conflated = 0;
  uint64_t shed = 0;
  double messages_in_per_s = 0;
  double deliveries_out_per_s = 0;
  uint64_t topics_tracked = 0;
  uint64_t messages_untracked = 0;
  uint64_t memory_used = 0;
  uint64_t memory_limit = 0;
  uint64_t resident_bytes = 0;
  uint64_t cpu_us = 0;
};

// One key of the configuration; values as they would stand in the file.
struct Setting {
  std::string key;
  std::string value;
  std::string default_value;
  std::string doc;
  bool reloadable = false;
};

struct ServiceContext {
  // By reactor index.
  std::vector<core::Broker*> brokers;
  std::vector<reactor::Reactor*> reactors;
  std::string node_id;
  std::string cluster_id;
  // Where clients reach this cluster.
  std::vector<std::string> endpoints;
  Duration heartbeat = std::chrono::seconds(5);
  Duration hello_timeout = std::chrono::seconds(10);
  size_t frame_bytes_max = 4 << 20;
  Instant started_at;
  const Clock* clock = nullptr;
  // None: nothing is logged (tests).
  observability::Log* log = nullptr;
  observability::RepeatedWarning* session_cuts = nullptr;
  std::function<observability::Readiness()> readiness;
  std::function<NodeTotals()> totals;
  // In force now, all of them.
  std::function<std::vector<Setting>()> settings;

  core::Broker& broker(const reactor::Reactor& reactor) const {
    return *brokers[static_cast<size_t>(reactor.index())];
  }
};

}  // namespace belfry::frontend::grpc
