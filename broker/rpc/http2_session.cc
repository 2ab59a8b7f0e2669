// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/http2_session.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "broker/rpc/http2_stream.h"
#include "common/check.h"

namespace belfry::rpc {
namespace {

constexpr std::string_view kKeepalivePing = "belfryka";
constexpr std::string_view kDrainPing = "belfrydr";

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

Http2Session::Http2Session(const Http2Environment& environment, const PeerInfo& peer, Owner& owner)
    : environment_(&environment),
      peer_(peer),
      owner_(owner),
      guard_(environment.limits),
      partial_bytes_max_(std::max(environment.limits.partial_bytes_max,
                                  2 * environment.table.receive_bytes_max())) {
  BELFRY_CHECK(nghttp2_session_server_new2(&native_, environment_->callbacks.callbacks(), this,
                                           environment_->callbacks.option()) == 0);
  const ConnectionLimits& limits = environment_->limits;
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits.metadata_bytes_max)},
  };
  BELFRY_CHECK(nghttp2_submit_settings(native_, NGHTTP2_FLAG_NONE, settings, std::size(settings)) ==
               0);
  BELFRY_CHECK(nghttp2_session_set_local_window_size(
                   native_, NGHTTP2_FLAG_NONE, 0,
                   static_cast<int32_t>(limits.connection_window_bytes)) == 0);
}

Http2Session::~Http2Session() {
  streams_.clear();  // handlers may still use their calls
  // nghttp2 does not call back while it is deleted, so nothing looks at the streams any more.
  nghttp2_session_del(native_);
}

bool Http2Session::Receive(std::string_view bytes) {
  BELFRY_CHECK(!closed_ && !moving_);
  const ssize_t taken = nghttp2_session_mem_recv(native_, Bytes(bytes), bytes.size());
  owner_.OnWork();
  if (taken < 0) {
    broken_ = true;
    // FLOODED: it does not read the acknowledgements that it makes us write.
    Guard(taken != NGHTTP2_ERR_FLOODED);
    Terminate(NGHTTP2_PROTOCOL_ERROR);
  } else if (moving_) {
    held_input_ = bytes.substr(static_cast<size_t>(taken));
  }
  return !broken_;
}

void Http2Session::Fill(ByteChain& output, size_t output_bytes_max) {
  if (closed_) return;
  output_ = &output;
  output_bytes_max_ = output_bytes_max;
  while (output.size() < output_bytes_max) {
    const uint8_t* bytes = nullptr;
    // DATA does not come back here: nghttp2 hands it to OnSendData in between.
    const ssize_t size = nghttp2_session_mem_send(native_, &bytes);
    if (size <= 0) break;
    output.Append({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
  }
  output_ = nullptr;
}

bool Http2Session::Deliver() {
  if (moving_ || deliveries_.empty()) return false;
  delivering_.swap(deliveries_);
  for (Http2Stream* stream : delivering_) stream->Deliver();
  // What is closed on the wire and told to its handler can go. A handler may have made new
  // deliveries for others, never for one that is over.
  for (Http2Stream* stream : delivering_) {
    if (!stream->over()) continue;
    const auto entry = std::find_if(streams_.begin(), streams_.end(),
                                    [stream](const auto& owned) { return owned.get() == stream; });
    BELFRY_CHECK(entry != streams_.end());
    std::swap(*entry, streams_.back());
    streams_.pop_back();
  }
  delivering_.clear();
  if (!deliveries_.empty()) owner_.OnWork();
  return true;
}

bool Http2Session::finished() const {
  if (closed_) return true;
  return nghttp2_session_want_read(native_) == 0 && nghttp2_session_want_write(native_) == 0;
}

void Http2Session::SendPing() {
  nghttp2_submit_ping(native_, NGHTTP2_FLAG_NONE, Bytes(kKeepalivePing));
  owner_.OnWork();
}

void Http2Session::SendDrainNotice() {
  nghttp2_submit_shutdown_notice(native_);
  nghttp2_submit_ping(native_, NGHTTP2_FLAG_NONE, Bytes(kDrainPing));
  owner_.OnWork();
}

void Http2Session::SendDrainGoaway() {
  nghttp2_submit_goaway(native_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(native_), NGHTTP2_NO_ERROR, nullptr,
                        0);
  owner_.OnWork();
}

void Http2Session::Terminate(uint32_t error_code) {
  nghttp2_session_terminate_session(native_, error_code);
  owner_.OnWork();
}

void Http2Session::EndStalledMessages(Instant before) {
  for (const auto& stream : streams_) stream->EndIfStalled(before);
}

void Http2Session::EndStalledFinishes(Instant before) {
  for (const auto& stream : streams_) stream->EndIfFinishStalled(before);
}

bool Http2Session::MoveTo(reactor::Reactor& target) {
  if (moving_ || broken_ || closed_ || streams_.size() != 1) return false;
  moving_ = owner_.MoveTo(target);
  return moving_;
}

void Http2Session::Leave() {
  for (const auto& stream : streams_) stream->Leave();
}

void Http2Session::Arrive(const Http2Environment& environment) {
  environment_ = &environment;
  moving_ = false;
  for (const auto& stream : streams_) stream->Arrive();
}

bool Http2Session::ReceiveHeld() {
  // Also if there is none: nghttp2 may have stopped before the end of a frame that is here whole.
  const std::string input = std::exchange(held_input_, {});
  return Receive(input);
}

void Http2Session::CloseAll(const Status& how) {
  closed_ = true;
  for (const auto& stream : streams_) stream->Close(how);
  while (Deliver()) {
  }
}

void Http2Session::DeliverLater(Http2Stream& stream) {
  deliveries_.push_back(&stream);
  owner_.OnWork();
}

ByteChain& Http2Session::Dropped() {
  dropped_.Clear();
  return dropped_;
}

void Http2Session::Guard(bool within_limits) {
  if (within_limits || cut_) return;
  cut_ = broken_ = true;
  environment_->counters.floods_cut.fetch_add(1, std::memory_order_relaxed);
  // From here on nghttp2 ignores what comes in, also what is left of the bytes it is working on.
  Terminate(NGHTTP2_ENHANCE_YOUR_CALM);
}

void Http2Session::OnFrameBegins(uint8_t type, uint8_t flags) {
  const Instant now = environment_->reactor.now();
  switch (type) {
    case NGHTTP2_RST_STREAM:
      return Guard(guard_.OnReset(now));
    case NGHTTP2_PING:
      return Guard((flags & NGHTTP2_FLAG_ACK) != 0 || guard_.OnPing(now));
    case NGHTTP2_SETTINGS:
      return Guard((flags & NGHTTP2_FLAG_ACK) != 0 || guard_.OnSettings(now));
    case NGHTTP2_WINDOW_UPDATE:
      return Guard(guard_.OnWindowUpdate());
    case NGHTTP2_PRIORITY:
      return Guard(guard_.OnPriority());
    default:
      return;
  }
}

void Http2Session::OnStreamOpened(int32_t stream_id) {
  guard_.OnStreamOpened(environment_->reactor.now());
  requested_ = true;
  streams_.push_back(std::make_unique<Http2Stream>(*this, stream_id));
  nghttp2_session_set_stream_user_data(native_, stream_id, streams_.back().get());
}

void Http2Session::OnData(Http2Stream* stream, std::string_view bytes) {
  if (stream != nullptr) stream->OnData(bytes);
  nghttp2_session_consume_connection(native_, bytes.size());
  owner_.OnWork();
}

void Http2Session::OnEmptyData() { Guard(guard_.OnEmptyData(environment_->reactor.now())); }

void Http2Session::OnPingAcknowledged(std::string_view payload) {
  if (payload == kDrainPing) drain_notice_answered_ = true;
}

void Http2Session::OnGoawaySent(uint32_t error_code) {
  if (error_code == NGHTTP2_NO_ERROR || cut_) return;
  environment_->counters.protocol_errors.fetch_add(1, std::memory_order_relaxed);
}

void Http2Session::OnResetSent() { Guard(guard_.OnReset(environment_->reactor.now())); }

int Http2Session::OnSendData(Http2Stream& stream, std::string_view frame_head, size_t length) {
  guard_.OnDataSent();
  output_->Append(frame_head);
  stream.MoveData(length, *output_);
  // Done with this frame; PAUSE makes mem_send return although there may be more.
  return output_->size() < output_bytes_max_ ? 0 : NGHTTP2_ERR_PAUSE;
}

void Http2Session::OnStreamClosed(Http2Stream& stream, uint32_t error_code) {
  stream.OnWireClosed(error_code);
}

}  // namespace belfry::rpc
