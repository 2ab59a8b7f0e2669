// SPDX-License-Identifier: Apache-2.0
//
// The seam between the session's state machine and the network: one attempt to hold one stream to
// one endpoint. grpc_transport.cc is the real one; tests script another.
//
// Lifecycle: Connector::Create, then Start once, and any number of Writes with at most one in
// flight. OnClosed is the last event, comes exactly once after Start, and only when no other event
// is running.
// Threads: Write and Cancel are Thread-safe and never call an event before they return. They may
// come at any time, even before or during Start, and then take effect with it. Events of one
// transport never overlap, but for OnWriteDone beside OnFrame.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "belfry/error.h"

namespace belfry::client {

// Received bytes in one piece, shared with whoever still looks at them.
struct FrameBytes {
  std::shared_ptr<const void> owner;
  std::string_view bytes;
};

// An encoded ClientFrame: buffer from `begin` on. Publish batches leave room in front for their
// head, and keep their bytes until the outcome, in case they must be sent again.
struct OutFrame {
  std::shared_ptr<const std::string> buffer;
  size_t begin = 0;

  std::string_view bytes() const { return std::string_view(*buffer).substr(begin); }
};

class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  virtual void OnFrame(FrameBytes frame) = 0;
  // The write in flight was taken; the next may come.
  virtual void OnWriteDone() = 0;
  virtual void OnClosed(Error reason) = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void Start(std::shared_ptr<TransportEvents> events) = 0;
  virtual void Write(OutFrame frame) = 0;
  // Ends the stream at once; OnClosed follows.
  virtual void Cancel() = 0;
};

class Connector {
 public:
  virtual ~Connector() = default;
  // Null if no attempt can be made now; *error then says why.
  virtual std::shared_ptr<Transport> Create(const std::string& endpoint, Error* error) = 0;
};

}  // namespace belfry::client
