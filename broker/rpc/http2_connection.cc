// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/http2_connection.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "broker/reactor/host_port.h"
#include "broker/rpc/connection_host.h"

namespace belfry::rpc {
namespace {

// Output beyond the streams' own buffers: one write's worth. More would only wait here, out of the
// reach of every queue that can drop or account for it.
constexpr size_t kOutputBytesMax = 256 * 1024;
// Fairness: a busy connection gets so many buffers full per turn, then the others.
constexpr int kReadsPerTurn = 2;

std::string_view HostOf(std::string_view address) {
  std::string_view host = address.substr(0, address.rfind(':'));
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace

Http2Connection::Http2Connection(ConnectionHost& host, int fd, std::unique_ptr<Transport> transport,
                                 std::string peer_address)
    : host_(&host),
      fd_(fd),
      transport_(std::move(transport)),
      timeouts_(environment().limits, reactor().now()) {
  peer_.loopback = reactor::IsLoopback(HostOf(peer_address));
  peer_.address = std::move(peer_address);
}

// Without a Close before it if no seat was to be had, or if it moved and never arrived.
Http2Connection::~Http2Connection() {
  if (fd_ >= 0) close(fd_);
}

const Http2Environment& Http2Connection::environment() const { return host_->environment(); }

bool Http2Connection::TakeSeat() {
  seat_ = ConnectionSeat::Take(reactor(), fd_, *this);
  return seat_ != nullptr;
}

void Http2Connection::Start() {
  Handshake();
  ArmTick();
}

void Http2Connection::Handshake() {
  switch (transport_->Handshake()) {
    case IoOutcome::kDone:
      return Open();
    case IoOutcome::kWantRead:
      return seat_->WaitReadable();
    case IoOutcome::kWantWrite:
      return seat_->WaitWritable();
    case IoOutcome::kEnd:
    case IoOutcome::kFailed:
      environment().counters.tls_failures.fetch_add(1, std::memory_order_relaxed);
      return Close(Unavailable("the TLS handshake failed"));
  }
}

void Http2Connection::Open() {
  state_ = State::kOpen;
  peer_.principal = transport_->Principal();
  timeouts_.OnHandshakeDone(reactor().now());
  session_.emplace(environment(), peer_, static_cast<Http2Session::Owner&>(*this));
  OnWork();
  if (draining_) SendDrainNotice();
  AwaitInput();
}

void Http2Connection::Drain() {
  if (std::exchange(draining_, true) || state_ != State::kOpen) return;
  SendDrainNotice();
}

void Http2Connection::SendDrainNotice() {
  timeouts_.OnDrainNotice(reactor().now());
  session_->SendDrainNotice();
  ArmTick();
}

void Http2Connection::SendDrainGoaway() {
  if (std::exchange(drained_, true)) return;
  timeouts_.OnDrainNoticeDone();
  session_->SendDrainGoaway();
}

void Http2Connection::Stop(const Status& how) {
  if (state_ == State::kMoving) return Leave();
  if (state_ == State::kOpen) {
    session_->Terminate(NGHTTP2_NO_ERROR);
    session_->Fill(output_, output_.size() + kOutputBytesMax);
    if (!seat_->waiting_writable()) transport_->Write(output_);
  }
  Close(how);
}

// ---- readiness ----

void Http2Connection::OnReadable() {
  const auto self = shared_from_this();  // Close lets go of us
  if (state_ == State::kHandshake) return Handshake();
  if (state_ != State::kMoving) Read();
}

void Http2Connection::OnWritable() {
  const auto self = shared_from_this();
  if (state_ == State::kHandshake) return Handshake();
  OnWork();
}

void Http2Connection::AwaitInput() {
  if (transport_->HoldsInput()) {
    seat_->ReadNextTurn();  // the descriptor does not know about these bytes
  } else {
    seat_->WaitReadable();
  }
}

// ---- in ----

void Http2Connection::Read() {
  const std::span<char> buffer = host_->read_buffer();
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const IoResult result = transport_->Read(buffer);
    if (result.outcome != IoOutcome::kDone) {
      if (!OnIoTrouble(result.outcome)) return;
      break;
    }
    if (state_ == State::kOpen) OnReceived(result.bytes);
    if (state_ == State::kClosed || state_ == State::kMoving) return;
    if (result.bytes < buffer.size()) break;  // drained, most likely
  }
  AwaitInput();
  // A TLS write may have waited for what was read.
  if (!output_.empty()) OnWork();
  ArmTick();
}

void Http2Connection::OnReceived(size_t bytes) {
  environment().counters.bytes_received.fetch_add(bytes, std::memory_order_relaxed);
  timeouts_.OnReceived(reactor().now());
  OnInputTaken(session_->Receive(std::string_view(host_->read_buffer().data(), bytes)));
}

void Http2Connection::OnInputTaken(bool sound) {
  if (session_->requested()) timeouts_.OnRequest();
  if (state_ == State::kMoving) return;  // the session will say again that it is not sound
  if (!sound) return Linger(Unavailable("the connection was cut for breaking the protocol"));
  if (session_->drain_notice_answered()) SendDrainGoaway();
}

// True if the connection goes on and waits for readiness.
bool Http2Connection::OnIoTrouble(IoOutcome outcome) {
  switch (outcome) {
    case IoOutcome::kDone:
    case IoOutcome::kWantRead:
      return true;
    case IoOutcome::kWantWrite:
      seat_->WaitWritable();
      return true;
    case IoOutcome::kEnd:
      Close(Unavailable("the client closed the connection"));
      return false;
    case IoOutcome::kFailed:
      Close(Unavailable("the connection was lost"));
      return false;
  }
  return false;
}

// ---- out ----

void Http2Connection::OnWork() { reactor().ScheduleTransmit(this); }

void Http2Connection::OnTurnEnd() {
  if (state_ == State::kMoving) return Leave();
  const auto self = shared_from_this();  // Close lets go of us
  if (state_ == State::kOpen) Deliver();
  if (state_ == State::kOpen || state_ == State::kLinger) Transmit();
  if (state_ == State::kOpen) {
    Deliver();
    if (session_->finished() && output_.empty()) {
      Linger(Unavailable("the connection has ended"));
    }
  }
  if (state_ == State::kOpen && session_->finishing_calls() > 0) ArmTick();
}

void Http2Connection::Deliver() {
  // Handlers may have touched what producers look at; those have had their turn already.
  if (session_->Deliver()) reactor().RequestTurn();
}

void Http2Connection::Transmit() {
  if (seat_->waiting_writable()) return;
  session_->Fill(output_, kOutputBytesMax);
  const bool filled = output_.size() >= kOutputBytesMax;
  if (!output_.empty()) {
    const IoResult result = transport_->Write(output_);
    environment().counters.bytes_sent.fetch_add(result.bytes, std::memory_order_relaxed);
    // A TLS write that waits for input is tried again when something makes work; input does.
    if (!OnIoTrouble(result.outcome)) return;
    if (result.outcome == IoOutcome::kDone && (filled || !output_.empty())) OnWork();
  }
  if (state_ == State::kLinger && output_.empty() && !std::exchange(write_shut_, true)) {
    transport_->ShutdownWrite();
  }
}

// ---- time ----

void Http2Connection::OnTick() {
  const auto self = shared_from_this();
  const Instant now = reactor().now();
  ServerCounters& counters = environment().counters;
  switch (timeouts_.Check(now)) {
    case ConnectionTimeouts::Due::kNothing:
      break;
    case ConnectionTimeouts::Due::kHandshakeOver:
      counters.timeouts.fetch_add(1, std::memory_order_relaxed);
      return Close(Unavailable("the TLS handshake took too long"));
    case ConnectionTimeouts::Due::kNoRequest:
      counters.timeouts.fetch_add(1, std::memory_order_relaxed);
      session_->Terminate(NGHTTP2_NO_ERROR);
      return Linger(Unavailable("no request came"));
    case ConnectionTimeouts::Due::kSendPing:
      timeouts_.OnPingSent(now);
      session_->SendPing();
      break;
    case ConnectionTimeouts::Due::kPeerSilent:
      counters.timeouts.fetch_add(1, std::memory_order_relaxed);
      return Close(Unavailable("the client does not answer"));
    case ConnectionTimeouts::Due::kDrainNotice:
      SendDrainGoaway();
      break;
    case ConnectionTimeouts::Due::kLingerOver:
      return Close(Unavailable("the connection has ended"));
  }
  const ConnectionLimits& limits = environment().limits;
  if (state_ == State::kOpen && session_->partial_messages() > 0) {
    session_->EndStalledMessages(now - limits.message_stall_timeout);
  }
  if (state_ == State::kOpen && session_->finishing_calls() > 0) {
    session_->EndStalledFinishes(now - limits.finish_stall_timeout);
  }
  ArmTick();
}

// One timer for everything, set again only if something comes due earlier than it was set for.
void Http2Connection::ArmTick() {
  if (state_ == State::kClosed || state_ == State::kMoving) return;
  const Instant now = reactor().now();
  Instant next = timeouts_.Next();
  if (state_ == State::kOpen && session_->partial_messages() > 0) {
    next = std::min(next, now + environment().limits.message_stall_timeout / 4);
  }
  if (state_ == State::kOpen && session_->finishing_calls() > 0) {
    next = std::min(next, now + environment().limits.finish_stall_timeout / 4);
  }
  seat_->TickBy(next);
}

// ---- moving ----

bool Http2Connection::MoveTo(reactor::Reactor& target) {
  if (state_ != State::kOpen || draining_) return false;
  ConnectionHost* destination = host_->SiblingOn(target);
  if (destination == nullptr || destination == host_) return false;
  destination_ = destination;
  state_ = State::kMoving;
  seat_->StopTicking();
  OnWork();
  return true;
}

void Http2Connection::Leave() {
  reactor().CancelTransmit(this);
  session_->Leave();
  seat_->Leave();
  seat_ = nullptr;
  // The new host may have it, and have ended it, before this returns: nothing of it is touched any
  // more.
  host_->HandOver(*this, *std::exchange(destination_, nullptr));
}

bool Http2Connection::Arrive(ConnectionHost& host) {
  host_ = &host;
  state_ = State::kOpen;
  session_->Arrive(environment());
  if (!TakeSeat()) {
    Close(Unavailable("no more connections can be watched"));
    return false;
  }
  if (draining_) SendDrainNotice();
  return true;
}

void Http2Connection::Resume() {
  const auto self = shared_from_this();
  Deliver();
  if (state_ == State::kOpen) OnInputTaken(session_->ReceiveHeld());
  if (state_ != State::kMoving) AwaitInput();
  ArmTick();
}

// ---- the end ----

void Http2Connection::Linger(const Status& how) {
  state_ = State::kLinger;
  timeouts_.OnLinger(reactor().now());
  // The GOAWAY stands before any DATA in nghttp2's queues, but behind acknowledgements and the
  // like: room for all of those.
  session_->Fill(output_, output_.size() + kOutputBytesMax);
  session_->CloseAll(how);
  reactor().RequestTurn();
  OnWork();
  ArmTick();
}

void Http2Connection::Close(const Status& how) {
  const auto self = shared_from_this();
  state_ = State::kClosed;
  if (seat_ != nullptr) seat_->Leave();
  if (session_.has_value()) session_->CloseAll(how);
  reactor().CancelTransmit(this);
  reactor().RequestTurn();
  close(std::exchange(fd_, -1));
  host_->OnConnectionClosed(*this);
}

}  // namespace belfry::rpc
