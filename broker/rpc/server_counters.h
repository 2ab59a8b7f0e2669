// SPDX-License-Identifier: Apache-2.0
//
// What the metrics show of all connections of a server.
// Threads: Thread-safe (relaxed counters; each is right, together they are a moment apart).
#pragma once

#include <atomic>
#include <cstdint>

namespace belfry::rpc {

struct ServerCounters {
  std::atomic<uint64_t> connections{0};  // open now
  std::atomic<uint64_t> calls_started{0};
  std::atomic<uint64_t> floods_cut{0};  // connections ended by a flood guard
  std::atomic<uint64_t> timeouts{0};    // ended for silence: handshake, no request, keepalive
  std::atomic<uint64_t> tls_failures{0};
  std::atomic<uint64_t> protocol_errors{0};  // ended because the peer broke HTTP/2
  std::atomic<uint64_t> bytes_received{0};
  std::atomic<uint64_t> bytes_sent{0};
};

}  // namespace belfry::rpc
