// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/http2_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "broker/rpc/grpc_status.h"
#include "common/check.h"

namespace belfry::rpc {

ssize_t ReadStreamData(nghttp2_session*, int32_t, uint8_t*, size_t, uint32_t*, nghttp2_data_source*,
                       void*);

namespace {

constexpr std::string_view kContentType = "application/grpc";
// What a finished call must get rid of per finish_stall_timeout: less is a trickle that keeps it
// alive, not a slow link.
constexpr size_t kFinishProgressBytes = 4 * 1024;

nghttp2_nv Header(std::string_view name, std::string_view value) {
  // nghttp2 copies both.
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

// Without an OnClosed before it (a move that never arrived) the handler still finds a call, over.
Http2Stream::~Http2Stream() {
  finished_ = wire_closed_ = true;
  handler_ = nullptr;
}

// ---- the request ----

void Http2Stream::OnRequest() {
  head_.Finish();
  session_.environment().counters.calls_started.fetch_add(1, std::memory_order_relaxed);
  if (const auto refusal = head_.Judge()) return Refuse(*refusal);
  const ServiceTable& table = session_.environment().table;
  const ServiceTable::Method* method = table.Find(head_.path());
  if (method == nullptr) {
    return Refuse({200, Unimplemented(fmt::format("no method {}", head_.path())), false});
  }
  Start(*method);
}

void Http2Stream::Refuse(const RequestHead::Refusal& refusal) {
  finished_ = true;
  status_ = refusal.status;
  if (refusal.http_status == 200 && !refusal.name_accepted_encoding) return SendTrailersOnly();
  const std::string http_status = std::to_string(refusal.http_status);
  const GrpcStatusText text(refusal.status);
  nghttp2_nv headers[5] = {Header(":status", http_status), Header("content-type", kContentType),
                           Header("grpc-status", text.code), Header("grpc-message", text.message)};
  size_t count = 4;
  if (refusal.name_accepted_encoding) headers[count++] = Header("grpc-accept-encoding", "identity");
  headers_sent_ = true;
  nghttp2_submit_response(session_.native(), id_, headers, count, nullptr);
  session_.Touch();
}

void Http2Stream::Start(const ServiceTable::Method& method) {
  const MethodOptions& options = method.options;
  reader_.emplace(options.receive_bytes_max);
  if (options.stream_window_bytes > session_.environment().limits.stream_window_bytes) {
    nghttp2_session_set_local_window_size(session_.native(), NGHTTP2_FLAG_NONE, id_,
                                          static_cast<int32_t>(options.stream_window_bytes));
  }
  if (const auto timeout = head_.timeout()) {
    deadline_ = reactor().now() + *timeout;
    StartDeadline();
  }
  handler_ = method.make_handler(*this);
  if (handler_ == nullptr) {
    if (!finished_) Finish(Internal("the method made no handler"));
    return;
  }
  if (options.long_lived && !finished_) SendHeaders();
}

void Http2Stream::StartDeadline() {
  deadline_timer_ = std::make_unique<reactor::Timer>(reactor(), [this] { OnDeadline(); });
  deadline_timer_->StartOnce(std::max(*deadline_ - reactor().now(), Duration(0)));
}

void Http2Stream::OnData(std::string_view bytes) {
  unreturned_bytes_ += bytes.size();
  if (handler_ == nullptr || finished_) return ReturnWindow();
  reader_->Add(bytes);
  TakeMessages();
}

// Calls the handler with every whole message, as long as it wants them.
void Http2Stream::TakeMessages() {
  MessageReader::Outcome outcome = MessageReader::Outcome::kMessage;
  std::string_view message;
  while (reading() && !finished_) {
    outcome = reader_->Take(message);
    if (outcome != MessageReader::Outcome::kMessage) break;
    handler_->OnMessage(message);
  }
  if (!finished_ && outcome == MessageReader::Outcome::kTooLarge) {
    Fail(ResourceExhausted("the message is larger than this method takes"));
  } else if (!finished_ && outcome == MessageReader::Outcome::kCompressed) {
    // By the gRPC protocol: the flag without a grpc-encoding is the peer's mistake.
    Fail(Internal("the message is marked as compressed, but the call names no grpc-encoding"));
  }
  const bool incomplete = outcome == MessageReader::Outcome::kIncomplete;
  if (!finished_ && incomplete && !session_.PartialFits(partial_bytes_, reader_->held_bytes())) {
    Fail(ResourceExhausted("too many bytes of unfinished messages on this connection"));
  }
  if (finished_) {
    reader_->Discard();
  } else {
    reader_->Keep();
  }
  SetPartial(incomplete && reader_->in_message());
  // While not reading a stream holds, beyond what was unfinished before, no more than its window.
  const size_t held = reader_->held_bytes();
  SetPartialBytes(partial_ ? held : std::min(partial_bytes_, held));
  ReturnWindow();
}

void Http2Stream::OnPeerEnd() {
  peer_ended_ = true;
  TakeEnd();
}

void Http2Stream::TakeEnd() {
  if (!peer_ended_ || half_close_told_ || !reading() || finished_ || handler_ == nullptr) return;
  half_close_told_ = true;
  if (reader_->in_message()) {
    Fail(Internal("the request ended inside a message"));
  } else {
    handler_->OnHalfClose();
  }
}

void Http2Stream::ResumeReading() {
  if (!std::exchange(paused_, false) || finished_) return;
  resume_due_ = true;
  Queue();
}

void Http2Stream::ReturnWindow() {
  const size_t kept =
      !reading() && !finished_ ? std::min(reader_->held_bytes(), unreturned_bytes_) : 0;
  const size_t returned = unreturned_bytes_ - kept;
  unreturned_bytes_ = kept;
  if (returned == 0 || wire_closed_) return;
  nghttp2_session_consume_stream(session_.native(), id_, returned);
  session_.Touch();
}

void Http2Stream::SetPartial(bool partial) {
  if (partial) progress_at_ = reactor().now();
  session_.AccountPartial(partial_, partial);
  partial_ = partial;
}

void Http2Stream::SetPartialBytes(size_t bytes) {
  session_.AccountPartialBytes(partial_bytes_, bytes);
  partial_bytes_ = bytes;
}

void Http2Stream::EndIfStalled(Instant before) {
  if (!partial_ || paused_ || finished_ || progress_at_ > before) return;
  Fail(DeadlineExceeded("a message began and then made no progress"));
}

// ---- the response ----

void Http2Stream::CheckMessageWhole() const {
  // A handler that promised another size than it wrote would corrupt the stream.
  BELFRY_CHECK(chain_.size() == promised_bytes_);
}

ByteChain& Http2Stream::StartMessage(size_t bytes) {
  if (finished_) return session_.Dropped();
  CheckMessageWhole();
  BELFRY_CHECK(bytes <= UINT32_MAX);
  if (!headers_sent_) SendHeaders();
  const auto length = static_cast<uint32_t>(bytes);
  const char prefix[5] = {0, static_cast<char>(length >> 24), static_cast<char>(length >> 16),
                          static_cast<char>(length >> 8), static_cast<char>(length)};
  chain_.Append({prefix, sizeof(prefix)});
  promised_bytes_ = chain_.size() + bytes;
  if (promised_bytes_ >= kHighWaterBytes) unwritable_ = true;
  Resume();
  return chain_;
}

void Http2Stream::Finish(const Status& status) {
  if (finished_) return;
  CheckMessageWhole();
  finished_ = true;
  status_ = status;
  if (!wire_closed_) SetFinishing(true);
  if (headers_sent_) {
    Resume();
  } else {
    SendTrailersOnly();
  }
}

void Http2Stream::Fail(const Status& status) {
  Finish(status);
  close_due_ = true;
  Queue();
}

void Http2Stream::OnDeadline() {
  if (finished_ && chain_.empty()) return;  // the status is on its way
  const bool unsent = headers_sent_ && !chain_.empty();
  const Status status = DeadlineExceeded("the call's deadline has passed");
  Fail(status);
  status_ = status;
  // What the client did not take by now it does not want. Messages may be cut in the middle, so no
  // trailers.
  if (unsent && !wire_closed_) CancelOnWire();
}

void Http2Stream::SetFinishing(bool finishing) {
  if (finishing) {
    finish_progress_at_ = reactor().now();
    finish_bytes_left_ = chain_.size();
  }
  session_.AccountFinishing(finishing_, finishing);
  finishing_ = finishing;
}

void Http2Stream::CancelOnWire() {
  SetFinishing(false);
  nghttp2_submit_rst_stream(session_.native(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_CANCEL);
  session_.Touch();
}

void Http2Stream::EndIfFinishStalled(Instant before) {
  if (!finishing_ || finish_progress_at_ > before) return;
  if (chain_.size() + kFinishProgressBytes <= finish_bytes_left_) return SetFinishing(true);
  if (handler_ != nullptr && !close_due_) {
    status_ = Cancelled("the client did not take the rest of the call");
  }
  close_due_ = true;
  Queue();
  CancelOnWire();
}

void Http2Stream::SendHeaders() {
  headers_sent_ = true;
  const nghttp2_nv headers[] = {Header(":status", "200"), Header("content-type", kContentType)};
  nghttp2_data_provider provider;
  provider.source.ptr = this;
  provider.read_callback = ReadStreamData;
  nghttp2_submit_response(session_.native(), id_, headers, std::size(headers), &provider);
  session_.Touch();
}

void Http2Stream::SendTrailersOnly() {
  headers_sent_ = true;
  const GrpcStatusText text(status_);
  const nghttp2_nv headers[] = {Header(":status", "200"), Header("content-type", kContentType),
                                Header("grpc-status", text.code),
                                Header("grpc-message", text.message)};
  nghttp2_submit_response(session_.native(), id_, headers, text.message.empty() ? 3 : 4, nullptr);
  session_.Touch();
}

void Http2Stream::Resume() {
  if (std::exchange(deferred_, false)) nghttp2_session_resume_data(session_.native(), id_);
  session_.Touch();
}

ssize_t Http2Stream::OnReadData(size_t length, uint32_t* data_flags) {
  CheckMessageWhole();
  const size_t size = std::min(length, chain_.size());
  if (size > 0) *data_flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (finished_ && size == chain_.size()) {
    *data_flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const GrpcStatusText text(status_);
    const nghttp2_nv trailers[] = {Header("grpc-status", text.code),
                                   Header("grpc-message", text.message)};
    nghttp2_submit_trailer(session_.native(), id_, trailers, text.message.empty() ? 1 : 2);
  } else if (size == 0) {
    deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<ssize_t>(size);
}

void Http2Stream::MoveData(size_t length, ByteChain& output) {
  chain_.MoveFront(length, output);
  promised_bytes_ -= length;
  if (unwritable_ && chain_.size() <= kLowWaterBytes) {
    unwritable_ = false;
    writable_due_ = true;
    Queue();
  }
}

void Http2Stream::OnTrailersSent() {
  trailers_sent_ = true;
  // The client may still be sending: tell it that nobody listens, as gRPC servers do.
  if (!peer_ended_) {
    nghttp2_submit_rst_stream(session_.native(), NGHTTP2_FLAG_NONE, id_, NGHTTP2_NO_ERROR);
  }
}

// ---- the end ----

void Http2Stream::OnWireClosed(uint32_t error_code) {
  wire_closed_ = true;
  SetFinishing(false);
  if (!finished_) {
    finished_ = true;
    status_ =
        error_code == NGHTTP2_CANCEL
            ? Cancelled("the client cancelled the call")
            : Cancelled(fmt::format("the client reset the stream (HTTP/2 error {})", error_code));
  } else if (!trailers_sent_ && !close_due_ && handler_ != nullptr) {
    status_ = Cancelled("the client left before it had the status");
  }
  close_due_ = true;
  Queue();
}

void Http2Stream::Close(const Status& how) {
  wire_closed_ = true;
  SetFinishing(false);
  if (!std::exchange(finished_, true)) status_ = how;
  close_due_ = true;
  Queue();
}

// ---- moving ----

void Http2Stream::Leave() {
  deadline_kept_ = deadline_timer_ != nullptr && deadline_timer_->active();
  deadline_timer_ = nullptr;
}

void Http2Stream::Arrive() {
  if (std::exchange(deadline_kept_, false)) StartDeadline();
  if (handler_ == nullptr) return;
  moved_due_ = resume_due_ = true;
  Queue();
}

// ---- when the handler may be called ----

void Http2Stream::Queue() {
  if (std::exchange(queued_, true)) return;
  session_.DeliverLater(*this);
}

void Http2Stream::Deliver() {
  if (Claim(moved_due_)) handler_->OnMoved();
  // Each of these may make it move (on): then what is left is due there.
  if (Claim(resume_due_) && handler_ != nullptr && !finished_) {
    TakeMessages();
    TakeEnd();
  }
  if (Claim(writable_due_) && handler_ != nullptr && !finished_) {
    handler_->OnWritable();
  }
  if (Claim(close_due_) && handler_ != nullptr) {
    if (deadline_timer_ != nullptr) deadline_timer_->Cancel();
    handler_->OnClosed(status_);
    handler_ = nullptr;
    SetPartial(false);
    SetPartialBytes(0);
    if (reader_.has_value()) reader_->Discard();
    if (wire_closed_) chain_.Clear();
  }
  queued_ = false;
  if (resume_due_ || writable_due_ || close_due_) Queue();
}

}  // namespace belfry::rpc
