// SPDX-License-Identifier: Apache-2.0
//
// An rpc::Call that forgets what is written, for fuzz targets. Threads: Confined to the target.
#pragma once

#include <optional>
#include <string_view>

#include "broker/rpc/call.h"

namespace belfry::test {

class SinkCall final : public rpc::Call {
 public:
  explicit SinkCall(reactor::Reactor& reactor) : reactor_(reactor) {}
  ~SinkCall() = default;

  const rpc::PeerInfo& peer() const override { return peer_; }
  std::string_view Metadata(std::string_view) const override { return {}; }
  std::optional<Instant> deadline() const override { return std::nullopt; }
  reactor::Reactor& reactor() override { return reactor_; }
  rpc::ByteChain& StartMessage(size_t) override {
    chain_.Clear();
    return chain_;
  }
  size_t buffered_bytes() const override { return 0; }
  bool writable() const override { return true; }
  void Finish(const Status&) override {}
  void PauseReading() override {}
  void ResumeReading() override {}
  bool sole_stream() const override { return true; }
  bool MoveTo(reactor::Reactor&) override { return false; }

 private:
  reactor::Reactor& reactor_;
  rpc::PeerInfo peer_;
  rpc::ByteChain chain_;
};

}  // namespace belfry::test
