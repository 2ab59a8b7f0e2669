// SPDX-License-Identifier: Apache-2.0
//
// The HTTP/2 side of one server connection without any socket: bytes in by Receive, bytes out by
// Fill. Owns the nghttp2 session and the streams, counts abuse, and decides when handlers are told
// what they must not be told in the midst of nghttp2 (OnWritable, OnClosed, what a pause held
// back): in Deliver.
//
// Flow control. A stream's window is returned as its handler takes the bytes, so a paused one holds
// at most its window. The connection's window is returned on receipt: a paused call must not starve
// the others, nor an unfinished message itself. What unfinished messages hold is bounded by
// refusing the call that crosses partial_bytes_max.
//
// Moving. From the sole stream's MoveTo until Arrive handlers hear nothing, and nghttp2 is stopped
// at the first place where it can be: what is due and the rest of the input wait for Deliver and
// ReceiveHeld on the other reactor.
//
// Lifecycle: construct (settings are queued), Receive/Fill/Deliver in turns, CloseAll before it
// dies (without, handlers are destroyed untold). Threads: Confined to its connection's reactor.
// Fails: Receive returns false when the peer has broken HTTP/2 or a guard has cut it; what Fill
// gives then is the last (GOAWAY).
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/reactor/reactor.h"
#include "broker/rpc/byte_chain.h"
#include "broker/rpc/call.h"
#include "broker/rpc/connection_limits.h"
#include "broker/rpc/flood_guard.h"
#include "broker/rpc/http2_callbacks.h"
#include "broker/rpc/server_counters.h"
#include "broker/rpc/service_table.h"
#include "common/status.h"

namespace belfry::rpc {

class Http2Stream;

// What all sessions of a reactor share.
struct Http2Environment {
  reactor::Reactor& reactor;
  const ServiceTable& table;
  const ConnectionLimits& limits;
  ServerCounters& counters;
  const Http2Callbacks& callbacks;
};

class Http2Session {
 public:
  class Owner {
   public:
    // There is something for Fill or Deliver to do.
    virtual void OnWork() = 0;
    // The sole stream asks to move. If true, Leave and Arrive follow.
    virtual bool MoveTo(reactor::Reactor& target) = 0;

   protected:
    ~Owner() = default;
  };

  Http2Session(const Http2Environment& environment, const PeerInfo& peer, Owner& owner);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  bool Receive(std::string_view bytes);
  // Adds frames to `output` until it holds `output_bytes_max` (the last frame may go beyond) or
  // there are none.
  void Fill(ByteChain& output, size_t output_bytes_max);
  // Calls the handlers that wait for it. True if there was any: they may have made work for others.
  bool Deliver();
  // Nothing more to say or to hear.
  bool finished() const;

  void SendPing();
  // First GOAWAY of a drain: names no stream, so none that is under way is lost. With a PING behind
  // it.
  void SendDrainNotice();
  // Second: names the last stream taken; the connection ends with its streams.
  void SendDrainGoaway();
  // GOAWAY that ends the connection; Receive ignores everything from here on.
  void Terminate(uint32_t error_code);
  // Ends the calls whose message has begun and made no progress since `before`.
  void EndStalledMessages(Instant before);
  // Resets the finished calls whose output has not moved since `before`.
  void EndStalledFinishes(Instant before);
  // Lets go of the old reactor; from here on the session may go to another thread.
  void Leave();
  // On the new reactor: OnMoved, and all that waited, is due.
  void Arrive(const Http2Environment& environment);
  // Goes on with the input that was held back. As Receive.
  bool ReceiveHeld();
  // Every call ends now. Nothing more goes in or out; what Fill gave before may still be written.
  void CloseAll(const Status& how);

  bool requested() const { return requested_; }
  bool drain_notice_answered() const { return drain_notice_answered_; }
  size_t partial_messages() const { return partial_messages_; }
  // Finished, and their last output has not left.
  size_t finishing_calls() const { return finishing_calls_; }
  // Between MoveTo and Arrive.
  bool moving() const { return moving_; }

  // For Http2Stream.
  const Http2Environment& environment() const { return *environment_; }
  bool MoveTo(reactor::Reactor& target);
  nghttp2_session* native() const { return native_; }
  const PeerInfo& peer() const { return peer_; }
  size_t open_streams() const { return streams_.size(); }
  void Touch() { owner_.OnWork(); }
  void DeliverLater(Http2Stream& stream);
  // Whether a stream may hold `after` bytes of an unfinished message instead of `before`.
  bool PartialFits(size_t before, size_t after) const {
    return after <= before || partial_bytes_ - before + after <= partial_bytes_max_;
  }
  void AccountPartialBytes(size_t before, size_t after) { partial_bytes_ += after - before; }
  void AccountFinishing(bool before, bool after) { finishing_calls_ += after - before; }
  void AccountPartial(bool before, bool after) { partial_messages_ += after - before; }
  ByteChain& Dropped();

  // For Http2Callbacks.
  void OnFrameBegins(uint8_t type, uint8_t flags);
  void OnStreamOpened(int32_t stream_id);
  void OnData(Http2Stream* stream, std::string_view bytes);
  void OnEmptyData();
  void OnPingAcknowledged(std::string_view payload);
  void OnResetSent();
  void OnGoawaySent(uint32_t error_code);
  int OnSendData(Http2Stream& stream, std::string_view frame_head, size_t length);
  void OnStreamClosed(Http2Stream& stream, uint32_t error_code);

 private:
  void Guard(bool within_limits);

  const Http2Environment* environment_;  // of the reactor it is on
  const PeerInfo& peer_;
  Owner& owner_;
  nghttp2_session* native_ = nullptr;
  FloodGuard guard_;
  std::vector<std::unique_ptr<Http2Stream>> streams_;
  std::vector<Http2Stream*> deliveries_;
  std::vector<Http2Stream*> delivering_;  // kept for its capacity
  ByteChain dropped_;                     // takes what is written to calls that are over
  std::string held_input_;                // while moving: received, not yet looked at
  // Where Fill is filling to.
  ByteChain* output_ = nullptr;
  size_t output_bytes_max_ = 0;
  const size_t partial_bytes_max_;
  size_t partial_bytes_ = 0;
  size_t partial_messages_ = 0;
  size_t finishing_calls_ = 0;
  bool requested_ = false;
  bool drain_notice_answered_ = false;
  bool cut_ = false;
  bool broken_ = false;  // by the peer or a guard: no more input is taken
  bool moving_ = false;
  bool closed_ = false;  // nghttp2 still points at streams that are gone: it must not run any more
};

}  // namespace belfry::rpc
