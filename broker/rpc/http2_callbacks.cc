// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/http2_callbacks.h"

#include <algorithm>
#include <string_view>

#include "broker/rpc/http2_session.h"
#include "broker/rpc/http2_stream.h"
#include "common/check.h"

namespace belfry::rpc {
namespace {

Http2Session& SessionOf(void* user_data) { return *static_cast<Http2Session*>(user_data); }

// Null for streams that are closed, or that we never took.
Http2Stream* StreamOf(nghttp2_session* session, int32_t stream_id) {
  return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, stream_id));
}

// A session that is about to move stops nghttp2 wherever nghttp2 can be stopped.
int GoOn(void* user_data) { return SessionOf(user_data).moving() ? NGHTTP2_ERR_PAUSE : 0; }

std::string_view View(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

int OnBeginFrame(nghttp2_session*, const nghttp2_frame_hd* head, void* user_data) {
  SessionOf(user_data).OnFrameBegins(head->type, head->flags);
  return 0;
}

int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
  if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    SessionOf(user_data).OnStreamOpened(frame->hd.stream_id);
  }
  return 0;
}

int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
             size_t name_bytes, const uint8_t* value, size_t value_bytes, uint8_t,
             void* user_data) {
  if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;  // gRPC has no request trailers
  if (Http2Stream* stream = StreamOf(session, frame->hd.stream_id)) {
    stream->OnHeader(View(name, name_bytes), View(value, value_bytes),
                     SessionOf(user_data).environment().limits);
  }
  return GoOn(user_data);
}

int OnDataChunk(nghttp2_session* session, uint8_t, int32_t stream_id, const uint8_t* bytes,
                size_t size, void* user_data) {
  SessionOf(user_data).OnData(StreamOf(session, stream_id), View(bytes, size));
  return GoOn(user_data);
}

int OnFrameReceived(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
  const uint8_t flags = frame->hd.flags;
  switch (frame->hd.type) {
    case NGHTTP2_PING:
      if (flags & NGHTTP2_FLAG_ACK) {
        SessionOf(user_data).OnPingAcknowledged(View(frame->ping.opaque_data, 8));
      }
      return 0;
    case NGHTTP2_DATA:
      if (frame->hd.length == frame->data.padlen && !(flags & NGHTTP2_FLAG_END_STREAM)) {
        SessionOf(user_data).OnEmptyData();
      }
      break;
    case NGHTTP2_HEADERS:
      break;
    default:
      return 0;
  }
  Http2Stream* stream = StreamOf(session, frame->hd.stream_id);
  if (stream == nullptr) return 0;
  if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
    stream->OnRequest();
  }
  if (flags & NGHTTP2_FLAG_END_STREAM) stream->OnPeerEnd();
  return 0;
}

int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user_data) {
  if (frame->hd.type == NGHTTP2_RST_STREAM) SessionOf(user_data).OnResetSent();
  if (frame->hd.type == NGHTTP2_GOAWAY) {
    SessionOf(user_data).OnGoawaySent(frame->goaway.error_code);
  }
  if (frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) {
    if (Http2Stream* stream = StreamOf(session, frame->hd.stream_id)) stream->OnTrailersSent();
  }
  return 0;
}

int OnStreamClosed(nghttp2_session* session, int32_t stream_id, uint32_t error_code,
                   void* user_data) {
  if (Http2Stream* stream = StreamOf(session, stream_id)) {
    SessionOf(user_data).OnStreamClosed(*stream, error_code);
  }
  return 0;
}

ssize_t ReadLength(nghttp2_session* session, uint8_t, int32_t stream_id, int32_t, int32_t,
                   uint32_t remote_max_frame_size, void*) {
  const Http2Stream* stream = StreamOf(session, stream_id);
  const size_t wanted = stream == nullptr ? 0 : stream->buffered_bytes();
  // nghttp2 grows a buffer of the session to the length we name, although the bytes do not pass
  // through it. So large frames only for streams that have much to say, and not larger than is
  // worth it.
  constexpr size_t kUsual = 16 * 1024;
  constexpr size_t kLargest = 64 * 1024;
  const size_t length = wanted <= kUsual ? kUsual : kLargest;
  return static_cast<ssize_t>(std::min<size_t>(length, remote_max_frame_size));
}

int SendData(nghttp2_session*, nghttp2_frame* frame, const uint8_t* frame_head, size_t length,
             nghttp2_data_source* source, void* user_data) {
  BELFRY_CHECK(frame->data.padlen == 0);  // we ask for no padding
  auto* stream = static_cast<Http2Stream*>(source->ptr);
  return SessionOf(user_data).OnSendData(*stream, View(frame_head, 9), length);
}

}  // namespace

// Outside the unnamed namespace: Http2Stream submits it with its response.
ssize_t ReadStreamData(nghttp2_session*, int32_t, uint8_t*, size_t length, uint32_t* data_flags,
                       nghttp2_data_source* source, void*) {
  return static_cast<Http2Stream*>(source->ptr)->OnReadData(length, data_flags);
}

Http2Callbacks::Http2Callbacks(const ConnectionLimits& limits) {
  nghttp2_session_callbacks* callbacks = nullptr;
  BELFRY_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  callbacks_.reset(callbacks);
  nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, OnBeginFrame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, OnBeginHeaders);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnDataChunk);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrameReceived);
  nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, OnFrameSent);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnStreamClosed);
  nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, ReadLength);
  nghttp2_session_callbacks_set_send_data_callback(callbacks, SendData);

  nghttp2_option* option = nullptr;
  BELFRY_CHECK(nghttp2_option_new(&option) == 0);
  option_.reset(option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option,
                                       1);  // else kept for the priority tree: memory for nothing
  nghttp2_option_set_stream_reset_rate_limit(option, static_cast<uint64_t>(limits.reset_burst),
                                             static_cast<uint64_t>(limits.resets_per_second));
}

}  // namespace belfry::rpc
