// SPDX-License-Identifier: Apache-2.0
//
// Plaintext: one read per Read, one sendmsg of up to 64 pieces or 256 KiB per Write.
// Threads: Confined to its connection. Fails: see transport.h.
#pragma once

#include <span>
#include <string>

#include "broker/rpc/transport.h"

namespace belfry::rpc {

class SocketTransport final : public Transport {
 public:
  explicit SocketTransport(int fd) : fd_(fd) {}

  IoOutcome Handshake() override { return IoOutcome::kDone; }
  IoResult Read(std::span<char> room) override;
  IoResult Write(ByteChain& chain) override;
  bool HoldsInput() const override { return false; }
  void ShutdownWrite() override;
  std::string Principal() const override { return {}; }

 private:
  const int fd_;
};

}  // namespace belfry::rpc
