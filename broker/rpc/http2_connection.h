// SPDX-License-Identifier: Apache-2.0
//
// One accepted connection: moves bytes between its transport and its Http2Session when the
// descriptor is ready, and lets time end it. Reads in the turn, into the one buffer of its reactor,
// so an idle connection owns none; writes once, at the end of the turn, so that all that a turn
// produced goes out together.
//
//   handshake -> open -> linger -> closed
//                ^  |
//               moving
// Linger: the last words (GOAWAY) are out or on their way, what comes in is thrown away for a
// second, so that the peer can read them; closing at once would make the kernel send a reset
// instead.
// Moving: between two reactors, asked for by its sole call. Nothing is read, written, timed or
// told. At the end of the turn (or when its host stops) Leave takes it out of everything of the old
// reactor; then it travels in a post, which holds the only reference; Arrive and Resume are the
// other half.
//
// Lifecycle: made by ConnectionHost, seated, Start()ed once, reports its end to the host, which
// lets go of it. Threads: Confined to the reactor of its host. Ownership: of the descriptor, too.
// Fails: by closing; each call's handler learns how.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "broker/reactor/turn_end.h"
#include "broker/rpc/byte_chain.h"
#include "broker/rpc/call.h"
#include "broker/rpc/connection_seat.h"
#include "broker/rpc/connection_timeouts.h"
#include "broker/rpc/http2_session.h"
#include "broker/rpc/transport.h"
#include "common/clock.h"
#include "common/status.h"

namespace belfry::rpc {

class ConnectionHost;

class Http2Connection final : public reactor::TurnEnd,
                              private Http2Session::Owner,
                              private ConnectionSeat::Occupant,
                              public std::enable_shared_from_this<Http2Connection> {
 public:
  // `transport` works on `fd`, which is the connection's from here on.
  Http2Connection(ConnectionHost& host, int fd, std::unique_ptr<Transport> transport,
                  std::string peer_address);
  ~Http2Connection();

  // False if the kernel watches no more descriptors: nothing will ever come.
  bool TakeSeat();
  void Start();
  // Two-step GOAWAY; closes when the last call has ended.
  void Drain();
  // GOAWAY if it can still be written, then closed at once. If it is about to move it leaves, and
  // its new host does the rest.
  void Stop(const Status& how);

  // On the thread of its new host, which has it in its list. False if it had to be closed.
  bool Arrive(ConnectionHost& host);
  // Tells the call, and goes on where MoveTo stopped.
  void Resume();

  const std::string& peer_address() const { return peer_.address; }
  // Where the host keeps it.
  size_t host_slot = 0;

 private:
  enum class State { kHandshake, kOpen, kMoving, kLinger, kClosed };

  void OnTurnEnd() override;
  void OnWork() override;
  bool MoveTo(reactor::Reactor& target) override;
  void OnReadable() override;
  void OnWritable() override;
  void OnTick() override;

  void Handshake();
  void Open();
  void AwaitInput();
  void Read();
  void OnReceived(size_t bytes);
  void OnInputTaken(bool sound);
  bool OnIoTrouble(IoOutcome outcome);
  void Transmit();
  void Deliver();
  void SendDrainNotice();
  void SendDrainGoaway();
  void ArmTick();
  void Leave();
  void Linger(const Status& how);
  void Close(const Status& how);

  const Http2Environment& environment() const;
  reactor::Reactor& reactor() const { return environment().reactor; }

  ConnectionHost* host_;
  std::shared_ptr<ConnectionSeat> seat_;   // null before TakeSeat and while it travels
  ConnectionHost* destination_ = nullptr;  // while moving
  PeerInfo peer_;
  int fd_;
  const std::unique_ptr<Transport> transport_;
  std::optional<Http2Session> session_;  // from Open on
  ByteChain output_;
  ConnectionTimeouts timeouts_;
  State state_ = State::kHandshake;
  bool draining_ = false;  // asked to
  bool drained_ = false;   // the second GOAWAY is out
  bool write_shut_ = false;
};

}  // namespace belfry::rpc
