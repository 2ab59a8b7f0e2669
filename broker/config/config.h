// SPDX-License-Identifier: Apache-2.0
//
// Everything an operator can set, grouped as the tables of the file conf/belfry.toml. The values
// written here are the defaults; key_table.cc gives each member its key, its bounds and its
// meaning.
//
// Lifecycle: made by Load (load.h), which returns only what Validate (validate.h) accepts; a reload
// makes a new one (reload.h), and whoever keeps a part of it takes a copy. Threads: Immutable once
// loaded. Units: sizes in bytes; times as Duration; rates per second.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "broker/observability/log_level.h"
#include "common/clock.h"

namespace belfry::config {

struct NodeConfig {
  // Load replaces an empty id by "belfry-" and the name of the machine.
  std::string id;
};

struct ListenConfig {
  std::string grpc = "127.0.0.1:7450";
  // Empty: no HTTP listener.
  std::string http = "127.0.0.1:7452";
};

struct IoConfig {
  // 0: one reactor per core.
  uint64_t threads = 0;
};

struct ClusterConfig {
  std::string id = "belfry";
};

struct LimitsConfig {
  // The payload alone. 1 MiB leaves room under the 4 MiB at which other languages' gRPC refuses a
  // message.
  uint64_t payload_bytes = uint64_t{1} << 20;
  uint64_t topic_bytes = 512;
  // Per session.
  uint64_t subscriptions = 1'000'000;
  uint64_t connections = 10'000;
  uint64_t connections_per_address = 1'000;
  // New connections per second; a burst of twice as many is taken.
  uint64_t accept_rate = 1'000;
  // The largest ClientFrame.
  uint64_t frame_bytes = uint64_t{4} << 20;
  // Published topics that operators are shown.
  uint64_t topics = 100'000;
  // Of the whole process. 0: half of what there is.
  uint64_t memory = 0;
};

struct SessionConfig {
  // A peer is dead after three of them without a sign of life.
  Duration heartbeat = std::chrono::seconds(5);
  Duration hello_timeout = std::chrono::seconds(10);
  // How long a session whose connection broke is kept, and how much of what it sent.
  Duration grace = std::chrono::seconds(30);
  uint64_t resume_window = uint64_t{1} << 20;
  Duration drain_window = std::chrono::seconds(5);
};

// The bounds of one session's queue of messages not yet sent.
struct SlowConfig {
  uint64_t queue_bytes = uint64_t{16} << 20;
  uint64_t queue_messages = 1'000'000;
  Duration queue_age = std::chrono::seconds(10);
};

struct LogConfig {
  observability::LogLevel level = observability::LogLevel::kInfo;
  observability::LogFormat format = observability::LogFormat::kText;
};

// PEM files of the gRPC listener. Empty paths: no TLS; an empty client_ca: clients show no
// certificate.
struct TlsConfig {
  std::string cert;
  std::string key;
  std::string client_ca;
};

struct SecurityConfig {
  bool insecure = false;
  TlsConfig tls;
};

struct Config {
  NodeConfig node;
  ListenConfig listen;
  IoConfig io;
  ClusterConfig cluster;
  LimitsConfig limits;
  SessionConfig session;
  SlowConfig slow;
  LogConfig log;
  SecurityConfig security;
};

}  // namespace belfry::config
