// SPDX-License-Identifier: Apache-2.0
//
// The seam between a method and the wire: a Call is what a method sees of one gRPC call, a
// CallHandler what the wire sees of the method. Neither mentions HTTP/2.
//
// Lifecycle: the connection owns the Call and the handler; both live until OnClosed has returned.
// Messages that Finish or the peer overtakes are dropped. Handlers may call any Call method from
// any callback. Threads: Confined to the connection's reactor, which only MoveTo changes. Units:
// bytes. Fails: by OnClosed, exactly once.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "broker/reactor/reactor.h"
#include "broker/rpc/byte_chain.h"
#include "common/clock.h"
#include "common/status.h"

namespace belfry::rpc {

// Above the first a Call is not writable, at or below the second it is again. 256 KiB is a few
// milliseconds of a fast link and one Deliver of the largest usual size.
inline constexpr size_t kHighWaterBytes = 256 * 1024;
inline constexpr size_t kLowWaterBytes = 64 * 1024;

struct PeerInfo {
  std::string address;    // "10.0.0.7:51234"
  std::string principal;  // from the verified client certificate; empty without one
  bool loopback = false;
};

class Call {
 public:
  virtual const PeerInfo& peer() const = 0;
  // The first value of that key, empty if absent. Keys that end in "-bin" are still in base64.
  virtual std::string_view Metadata(std::string_view lower_case_key) const = 0;
  virtual std::optional<Instant> deadline() const = 0;
  virtual reactor::Reactor& reactor() = 0;

  // Begins one outgoing message of exactly `bytes` bytes and returns the chain to append them to
  // before control returns to the reactor.
  virtual ByteChain& StartMessage(size_t bytes) = 0;
  // Written but not yet given to the connection.
  virtual size_t buffered_bytes() const = 0;
  virtual bool writable() const = 0;  // buffered_bytes() < kHighWaterBytes, and not over
  // The status follows all that was written; what is written later is dropped.
  virtual void Finish(const Status& status) = 0;

  // While paused: no OnMessage and no OnHalfClose, and no window is returned, so that back-pressure
  // reaches the sender.
  virtual void PauseReading() = 0;
  virtual void ResumeReading() = 0;
  // The connection has no other open stream.
  virtual bool sole_stream() const = 0;

  // Moves the connection, with this call and its handler, to another reactor of the same server.
  // False, and nothing happens, unless this is the sole stream of a connection that goes on, the
  // call is not over, and the target is another reactor of the server.
  // After true no callback comes on this reactor any more; the first on the target is OnMoved,
  // whatever has happened meanwhile. Until then the handler leaves the call alone, and before
  // control returns to the reactor it lets go of what it has bound to this one (timers, sessions).
  virtual bool MoveTo(reactor::Reactor& target) = 0;

 protected:
  ~Call() = default;
};

class CallHandler {
 public:
  virtual ~CallHandler() = default;
  // One whole message; the view is valid during this call only.
  virtual void OnMessage(std::string_view message) = 0;
  virtual void OnHalfClose() = 0;
  // It was not writable, and now at most kLowWaterBytes are buffered.
  virtual void OnWritable() {}
  // The connection has arrived on the reactor that MoveTo named. What came in meanwhile follows.
  virtual void OnMoved() {}
  // The last callback, exactly once: finished, reset by the peer (CANCELLED), past its deadline
  // (DEADLINE_EXCEEDED) or connection lost (UNAVAILABLE). Never from inside a Call method. Does not
  // come if reactors end with a moving connection between them: then the handler is destroyed.
  virtual void OnClosed(const Status& how) = 0;
};

}  // namespace belfry::rpc
