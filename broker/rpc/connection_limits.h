// SPDX-License-Identifier: Apache-2.0
//
// Every number that bounds what one connection may do or hold. The defaults are those of the limits
// table (docs/operating.md); tests make them small.
//
// Threads: Immutable once serving. Units: in the names; durations of real monotonic time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/clock.h"

namespace belfry::rpc {

struct ConnectionLimits {
  uint32_t streams_max = 100;  // as Envoy
  uint32_t stream_window_bytes = 64 * 1024;
  uint32_t connection_window_bytes = 1024 * 1024;
  // Bytes of messages that have begun and are not whole, over all streams: the call that crosses it
  // is refused. (Withholding a window instead could never end: only more bytes make them whole.)
  // Room for streams_max messages of the default largest payload, 1 MiB; the session takes twice
  // the largest message of any method if that is more.
  size_t partial_bytes_max = 128 * 1024 * 1024;
  size_t metadata_bytes_max = 8 * 1024;  // as gRPC
  size_t metadata_entries_max = 64;

  Duration tls_handshake_timeout = std::chrono::seconds(5);
  // From accept (or the end of the TLS handshake) to the first request.
  Duration first_request_timeout = std::chrono::seconds(10);
  // A message that has begun must make progress.
  Duration message_stall_timeout = std::chrono::seconds(10);
  // So does what is left of a finished call: a peer that opens no window must not keep it for ever.
  Duration finish_stall_timeout = std::chrono::seconds(10);
  // PING after so much silence; dead after so much more.
  Duration keepalive_interval = std::chrono::seconds(20);
  Duration keepalive_timeout = std::chrono::seconds(10);
  // How long a peer that we close may take to read why.
  Duration linger = std::chrono::seconds(1);
  // The second GOAWAY of a drain waits for the answer to a PING, or this.
  Duration drain_notice_timeout = std::chrono::seconds(1);

  // Resets in either direction: burst, then a rate; also more than half of `churn_streams` within a
  // second.
  double reset_burst = 1000;
  double resets_per_second = 33;
  uint32_t churn_streams = 500;
  // PING, SETTINGS and empty DATA frames, each.
  double control_burst = 100;
  double controls_per_second = 10;
};

}  // namespace belfry::rpc
