// SPDX-License-Identifier: Apache-2.0
//
// One accepted connection: moves bytes between its transport and its Http2Session when the
// descriptor is ready, and lets time end it. Reads in the turn, into the one buffer of its reactor,
// so an idle connection owns none; writes once, at the end of the turn, so that all that a turn
// produced goes out together.
//
//   handshake -> open -> linger -> closed
// Linger: the last words (GOAWAY) are out or on their way, what comes in is thrown away for a
// second, so that the peer can read them; closing at once would make the kernel send a reset
// instead.
//
// Lifecycle: made by ConnectionHost, Start()ed once, reports its end to the host, which lets go of
// it. Pending waits hold it by shared_ptr. Threads: Confined to its reactor. Fails: by closing;
// each call's handler learns how.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "broker/reactor/timer.h"
#include "broker/reactor/turn_end.h"
#include "broker/rpc/byte_chain.h"
#include "broker/rpc/call.h"
#include "broker/rpc/connection_timeouts.h"
#include "broker/rpc/http2_session.h"
#include "broker/rpc/transport.h"
#include "common/clock.h"
#include "common/status.h"

namespace belfry::rpc {

class ConnectionHost;

class Http2Connection final : public reactor::TurnEnd,
                              private Http2Session::Owner,
                              public std::enable_shared_from_this<Http2Connection> {
 public:
  // `transport` works on the descriptor.
  Http2Connection(ConnectionHost& host, asio::posix::stream_descriptor descriptor,
                  std::unique_ptr<Transport> transport, std::string peer_address);

  void Start();
  // Two-step GOAWAY; closes when the last call has ended.
  void Drain();
  // GOAWAY if it can still be written, then closed at once.
  void Stop(const Status& how);

  const std::string& peer_address() const { return peer_.address; }
  // Where the host keeps it.
  size_t host_slot = 0;

 private:
  enum class State { kHandshake, kOpen, kLinger, kClosed };

  void OnTurnEnd() override;
  void OnWork() override;

  void Handshake();
  void Open();
  void WaitReadable();
  void WaitWritable();
  void OnReadable();
  void OnWritable();
  void Read();
  void OnReceived(size_t bytes);
  bool OnIoTrouble(IoOutcome outcome);
  void Transmit();
  void Deliver();
  void SendDrainNotice();
  void SendDrainGoaway();
  void OnTick();
  void ArmTick();
  void Linger(const Status& how);
  void Close(const Status& how);

  ConnectionHost& host_;
  reactor::Reactor& reactor_;
  PeerInfo peer_;
  asio::posix::stream_descriptor descriptor_;
  const std::unique_ptr<Transport> transport_;
  std::optional<Http2Session> session_;  // from Open on
  ByteChain output_;
  ConnectionTimeouts timeouts_;
  reactor::Timer tick_;
  Instant tick_at_;
  State state_ = State::kHandshake;
  bool waiting_readable_ = false;
  bool waiting_writable_ = false;
  bool draining_ = false;  // asked to
  bool drained_ = false;   // the second GOAWAY is out
  bool write_shut_ = false;
};

}  // namespace belfry::rpc
