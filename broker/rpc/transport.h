// SPDX-License-Identifier: Apache-2.0
//
// How bytes go over one connected, non-blocking descriptor: plain or in TLS. Nothing here waits;
// what would block says which readiness it needs.
//
// Threads: Confined to its connection, which owns the descriptor and outlives the transport.
// Fails: kFailed is final; kEnd means the peer will send nothing more.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "broker/rpc/byte_chain.h"

namespace belfry::rpc {

enum class IoOutcome { kDone, kWantRead, kWantWrite, kEnd, kFailed };

struct IoResult {
  IoOutcome outcome;
  size_t bytes = 0;  // moved before that outcome
};

class Transport {
 public:
  virtual ~Transport() = default;

  virtual IoOutcome Handshake() = 0;
  // kDone with at least one byte, or why there is none.
  virtual IoResult Read(std::span<char> room) = 0;
  // Writes from the front of `chain`, in one go, and consumes what was written. kDone: the socket
  // took all that one go offers; there may be more in the chain.
  virtual IoResult Write(ByteChain& chain) = 0;
  // Received bytes stand in this transport, about which the descriptor will not become readable.
  virtual bool HoldsInput() const = 0;
  // Tells the peer that nothing more comes.
  virtual void ShutdownWrite() = 0;
  // From the verified client certificate; empty without one. Known after the handshake.
  virtual std::string Principal() const = 0;
};

}  // namespace belfry::rpc
