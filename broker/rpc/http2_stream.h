// SPDX-License-Identifier: Apache-2.0
//
// One gRPC call on one HTTP/2 stream: the only implementation of Call. Between three parties:
// nghttp2 (the On... methods, from inside its callbacks), the method's handler, and the session,
// which calls Deliver when it is safe to call the handler about endings.
//
// Two endings meet here, in any order: the call's (`finished_`: our status stands, writes are
// dropped) and the stream's (`wire_closed_`: nghttp2 has forgotten it). The handler is told once,
// by OnClosed; when both it is told and the stream is closed the stream is over() and the session
// destroys it.
//
// Threads: Confined to its connection's reactor. Units: bytes. Fails: see call.h.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "broker/reactor/timer.h"
#include "broker/rpc/byte_chain.h"
#include "broker/rpc/call.h"
#include "broker/rpc/connection_limits.h"
#include "broker/rpc/http2_session.h"
#include "broker/rpc/message_reader.h"
#include "broker/rpc/request_head.h"
#include "broker/rpc/service_table.h"
#include "common/clock.h"
#include "common/status.h"

namespace belfry::rpc {

class Http2Stream final : public Call {
 public:
  Http2Stream(Http2Session& session, int32_t id) : session_(session), id_(id) {}
  ~Http2Stream();
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;

  const PeerInfo& peer() const override { return session_.peer(); }
  std::string_view Metadata(std::string_view lower_case_key) const override {
    return head_.Find(lower_case_key);
  }
  std::optional<Instant> deadline() const override { return deadline_; }
  reactor::Reactor& reactor() override { return session_.environment().reactor; }
  ByteChain& StartMessage(size_t bytes) override;
  size_t buffered_bytes() const override { return chain_.size(); }
  bool writable() const override { return !finished_ && chain_.size() < kHighWaterBytes; }
  void Finish(const Status& status) override;
  void PauseReading() override { paused_ = true; }
  void ResumeReading() override;
  bool sole_stream() const override { return session_.open_streams() == 1; }
  bool MoveTo(reactor::Reactor& target) override { return !finished_ && session_.MoveTo(target); }

  // For Http2Callbacks and Http2Session.
  void OnHeader(std::string_view name, std::string_view value, const ConnectionLimits& limits) {
    head_.Add(name, value, limits);
  }
  void OnRequest();
  void OnData(std::string_view bytes);
  void OnPeerEnd();
  ssize_t OnReadData(size_t length, uint32_t* data_flags);
  void MoveData(size_t length, ByteChain& output);
  void OnTrailersSent();
  void OnWireClosed(uint32_t error_code);
  void EndIfStalled(Instant before);
  void EndIfFinishStalled(Instant before);
  // The halves of a move. Arrive makes OnMoved due, and what waits behind it.
  void Leave();
  void Arrive();
  // The connection is lost: ends the call without the wire.
  void Close(const Status& how);
  void Deliver();
  bool over() const { return wire_closed_ && handler_ == nullptr && !queued_; }

 private:
  void Refuse(const RequestHead::Refusal& refusal);
  void Start(const ServiceTable::Method& method);
  void StartDeadline();
  // Whether the handler takes what comes in.
  bool reading() const { return !paused_ && !session_.moving(); }
  void TakeMessages();
  void TakeEnd();
  void ReturnWindow();
  void SetPartial(bool partial);
  void SetPartialBytes(size_t bytes);
  void SetFinishing(bool finishing);
  void Queue();
  // True once for what is due, but not while moving.
  bool Claim(bool& due) { return !session_.moving() && std::exchange(due, false); }
  // Ends the call for a reason the handler does not know yet.
  void Fail(const Status& status);
  void OnDeadline();
  void CancelOnWire();
  void SendHeaders();
  void SendTrailersOnly();
  ssize_t QueueTrailers();
  void Resume();
  void CheckMessageWhole() const;

  Http2Session& session_;
  const int32_t id_;
  RequestHead head_;
  std::unique_ptr<CallHandler> handler_;
  std::optional<MessageReader> reader_;
  std::optional<Instant> deadline_;
  std::unique_ptr<reactor::Timer> deadline_timer_;

  ByteChain chain_;               // written, not yet given to the connection
  size_t promised_bytes_ = 0;     // size of chain_ once the message begun is whole
  Status status_;                 // how the call ended
  size_t unreturned_bytes_ = 0;   // received, their window not yet returned
  Instant progress_at_;           // of a partial message
  size_t partial_bytes_ = 0;      // of it, as accounted with the session
  Instant finish_progress_at_;    // of the output of a finished call
  size_t finish_bytes_left_ = 0;  // at that instant

  bool headers_sent_ = false;
  bool deferred_ = false;  // nghttp2 waits for Resume
  bool finished_ = false;
  bool finishing_ = false;  // finished, its last output not yet out
  bool wire_closed_ = false;
  bool trailers_sent_ = false;
  bool peer_ended_ = false;
  bool half_close_told_ = false;
  bool paused_ = false;
  bool partial_ = false;
  bool deadline_kept_ = false;  // while moving: its timer was running
  bool unwritable_ = false;     // went over the high-water mark, OnWritable is owed
  // What Deliver has to do.
  bool queued_ = false;
  bool moved_due_ = false;
  bool resume_due_ = false;
  bool writable_due_ = false;
  bool close_due_ = false;
};

}  // namespace belfry::rpc
