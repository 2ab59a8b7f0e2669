// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http2_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/check.h"

namespace belfry::test {
namespace {

constexpr int64_t kLookMilliseconds = 10;

using std::chrono::steady_clock;

Http2Client& Self(void* user_data) { return *static_cast<Http2Client*>(user_data); }

int ConnectTo(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  BELFRY_CHECK(fd >= 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BELFRY_CHECK(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

nghttp2_nv Pair(const std::string& name, const std::string& value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

std::string Http2Client::Reply::Status() const {
  for (const auto* place : {&trailers, &headers}) {
    if (const auto entry = place->find("grpc-status"); entry != place->end()) return entry->second;
  }
  return "";
}

std::string Http2Client::Reply::Message() const {
  for (const auto* place : {&trailers, &headers}) {
    if (const auto entry = place->find("grpc-message"); entry != place->end()) return entry->second;
  }
  return "";
}

Http2Client::Http2Client(uint16_t port, Options options)
    : Http2Client(ConnectTo(port), options, nullptr) {}

Http2Client::Http2Client(int fd, Options options, std::nullptr_t) : options_(options), fd_(fd) {
  if (options_.tls != nullptr) StartTls();
  BELFRY_CHECK(fcntl(fd_, F_SETFL, O_NONBLOCK) == 0);
  StartSession();
}

Http2Client::~Http2Client() {
  nghttp2_session_del(session_);
  if (ssl_ != nullptr) SSL_free(ssl_);
  if (fd_ >= 0) close(fd_);
}

void Http2Client::StartTls() {
  ssl_ = SSL_new(options_.tls);
  BELFRY_CHECK(ssl_ != nullptr && SSL_set_fd(ssl_, fd_) == 1);
  SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  static constexpr unsigned char kH2[] = "\x02h2";
  if (options_.offer_h2) SSL_set_alpn_protos(ssl_, kH2, 3);
  if (SSL_connect(ssl_) != 1) lost_ = true;
  ERR_clear_error();
}

void Http2Client::StartSession() {
  nghttp2_session_callbacks* callbacks = MakeCallbacks();
  nghttp2_option* option = nullptr;
  BELFRY_CHECK(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, options_.return_windows ? 0 : 1);
  // The tests decide how many streams they open, not the settings that may not have come yet.
  nghttp2_option_set_peer_max_concurrent_streams(option, 1u << 20);
  BELFRY_CHECK(nghttp2_session_client_new2(&session_, callbacks, this, option) == 0);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  if (!options_.speak) return;
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, options_.max_frame_bytes},
  };
  BELFRY_CHECK(nghttp2_submit_settings(session_, 0, settings, std::size(settings)) == 0);
}

nghttp2_session_callbacks* Http2Client::MakeCallbacks() {
  nghttp2_session_callbacks* callbacks = nullptr;
  BELFRY_CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks,
      [](nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name, size_t name_bytes,
         const uint8_t* value, size_t value_bytes, uint8_t, void* user) {
        Reply& reply = Self(user).replies_[frame->hd.stream_id];
        auto& place = frame->headers.cat == NGHTTP2_HCAT_RESPONSE ? reply.headers : reply.trailers;
        place[std::string(reinterpret_cast<const char*>(name), name_bytes)] =
            std::string(reinterpret_cast<const char*>(value), value_bytes);
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks,
      [](nghttp2_session*, uint8_t, int32_t stream, const uint8_t* bytes, size_t size, void* user) {
        Self(user).TakeData(stream, {reinterpret_cast<const char*>(bytes), size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        Http2Client& self = Self(user);
        switch (frame->hd.type) {
          case NGHTTP2_PING:
            ++((frame->hd.flags & NGHTTP2_FLAG_ACK) ? self.pings_answered_ : self.pings_received_);
            break;
          case NGHTTP2_RST_STREAM:
            self.replies_[frame->hd.stream_id].reset = true;
            self.replies_[frame->hd.stream_id].reset_code = frame->rst_stream.error_code;
            break;
          case NGHTTP2_HEADERS:
          case NGHTTP2_DATA:
            if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
              self.replies_[frame->hd.stream_id].ended = true;
            break;
          default:
            break;
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, int32_t stream, uint32_t, void* user) {
        Self(user).replies_[stream].closed = true;
        Self(user).outgoing_.erase(stream);
        return 0;
      });
  return callbacks;
}

void Http2Client::TakeData(int32_t stream, std::string_view bytes) {
  Reply& reply = replies_[stream];
  reply.data_bytes += bytes.size();
  reply.partial.append(bytes);
  for (;;) {
    if (reply.partial.size() < 5) return;
    uint32_t length = 0;
    std::memcpy(&length, reply.partial.data() + 1, sizeof(length));
    length = ntohl(length);
    if (reply.partial.size() - 5 < length) return;
    reply.messages.push_back(reply.partial.substr(5, length));
    reply.partial.erase(0, 5 + size_t{length});
  }
}

int32_t Http2Client::Open(std::string_view path, const Headers& headers, bool end_stream) {
  Headers all = {{":method", "POST"},
                 {":scheme", "http"},
                 {":path", std::string(path)},
                 {":authority", "test"},
                 {"content-type", "application/grpc"},
                 {"te", "trailers"}};
  for (const auto& [name, value] : headers) {
    const auto same =
        std::find_if(all.begin(), all.end(), [&](const auto& pair) { return pair.first == name; });
    if (same != all.end() && value.empty()) {
      all.erase(same);
    } else if (same != all.end()) {
      same->second = value;
    } else {
      all.emplace_back(name, value);
    }
  }
  std::vector<nghttp2_nv> pairs;
  for (const auto& [name, value] : all) pairs.push_back(Pair(name, value));
  nghttp2_data_provider provider;
  provider.source.ptr = this;
  provider.read_callback = [](nghttp2_session*, int32_t stream, uint8_t* room, size_t size,
                              uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
    Outgoing& out = Self(source->ptr).outgoing_[stream];
    const size_t taken = std::min(size, out.bytes.size() - out.taken);
    if (taken == 0 && !out.ended) {
      out.deferred = true;
      return NGHTTP2_ERR_DEFERRED;
    }
    std::memcpy(room, out.bytes.data() + out.taken, taken);
    out.taken += taken;
    if (out.taken * 2 > out.bytes.size()) {
      out.bytes.erase(0, out.taken);
      out.taken = 0;
    }
    if (out.ended && out.taken == out.bytes.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(taken);
  };
  const int32_t stream = nghttp2_submit_request(session_, nullptr, pairs.data(), pairs.size(),
                                                end_stream ? nullptr : &provider, nullptr);
  BELFRY_CHECK(stream > 0);
  replies_[stream];
  if (!end_stream) outgoing_[stream];
  return stream;
}

void Http2Client::Resume(int32_t stream) {
  Outgoing& out = outgoing_[stream];
  if (out.deferred) nghttp2_session_resume_data(session_, stream);
  out.deferred = false;
}

std::string Http2Client::Framed(std::string_view message) {
  const uint32_t length = htonl(static_cast<uint32_t>(message.size()));
  std::string framed(1, '\0');
  framed.append(reinterpret_cast<const char*>(&length), sizeof(length));
  return framed.append(message);
}

std::string Http2Client::FrameHead(size_t length, uint8_t type, uint8_t flags, uint32_t stream) {
  const uint8_t head[9] = {static_cast<uint8_t>(length >> 16),
                           static_cast<uint8_t>(length >> 8),
                           static_cast<uint8_t>(length),
                           type,
                           flags,
                           static_cast<uint8_t>(stream >> 24),
                           static_cast<uint8_t>(stream >> 16),
                           static_cast<uint8_t>(stream >> 8),
                           static_cast<uint8_t>(stream)};
  return std::string(reinterpret_cast<const char*>(head), sizeof(head));
}

void Http2Client::Send(int32_t stream, std::string_view message) {
  SendBytes(stream, Framed(message));
}

void Http2Client::SendBytes(int32_t stream, std::string_view bytes) {
  outgoing_[stream].bytes.append(bytes);
  Resume(stream);
}

void Http2Client::HalfClose(int32_t stream) {
  outgoing_[stream].ended = true;
  Resume(stream);
}

void Http2Client::Reset(int32_t stream, uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, code);
}

void Http2Client::Ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }

void Http2Client::ReturnWindow(int32_t stream, size_t bytes) {
  nghttp2_session_consume(session_, stream, bytes);
}

bool Http2Client::SendRaw(std::string_view bytes) {
  if (!Flush()) return false;
  unwritten_.append(bytes);
  return Flush();
}

size_t Http2Client::bytes_unsent() const {
  size_t total = 0;
  for (const auto& [stream, out] : outgoing_) total += out.bytes.size() - out.taken;
  return total;
}

uint32_t Http2Client::remote_setting(nghttp2_settings_id id) const {
  return nghttp2_session_get_remote_settings(session_, id);
}

// ---- moving bytes ----

bool Http2Client::Wait(const std::function<bool()>& done, std::chrono::milliseconds deadline) {
  const auto until = steady_clock::now() + deadline;
  while (!done()) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - steady_clock::now()).count();
    // It may come true without anything being received, so it is looked at now and then.
    const auto pause = std::min<int64_t>(left, kLookMilliseconds);
    if (left <= 0 || !Move(static_cast<int>(pause))) return done();
  }
  return true;
}

bool Http2Client::WaitMessages(int32_t stream, size_t count) {
  return Wait([&] { return replies_[stream].messages.size() >= count; });
}

bool Http2Client::WaitClosed(int32_t stream) {
  return Wait([&] { return replies_[stream].closed; });
}

bool Http2Client::WaitLost() {
  return Wait([&] { return lost_; });
}

bool Http2Client::Flush() {
  QueueOutput();
  return Wait([&] { return lost_ || unwritten_.empty(); }) && !lost_;
}

void Http2Client::QueueOutput() {
  if (!options_.speak) return;
  for (;;) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) return;
    unwritten_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
}

// False once the connection is lost.
bool Http2Client::Move(int timeout_ms) {
  if (lost_) return false;
  QueueOutput();
  pollfd watched = {fd_, static_cast<short>(POLLIN | (unwritten_.empty() ? 0 : POLLOUT)), 0};
  if (ssl_ == nullptr || SSL_pending(ssl_) == 0) poll(&watched, 1, timeout_ms);
  if (watched.revents & POLLOUT) WriteSome();
  ReadSome();
  return true;  // what was read last is still to be looked at
}

void Http2Client::WriteSome() {
  ssize_t written;
  if (ssl_ != nullptr) {
    written = SSL_write(ssl_, unwritten_.data(), static_cast<int>(unwritten_.size()));
    ERR_clear_error();
    if (written <= 0) return;
  } else {
    written = send(fd_, unwritten_.data(), unwritten_.size(), MSG_NOSIGNAL);
    if (written < 0 && errno != EAGAIN) lost_ = true;
  }
  if (written > 0) unwritten_.erase(0, static_cast<size_t>(written));
}

// Past nghttp2, which stops listening once it is itself offended by what the tests made the server
// say.
void Http2Client::ScanForGoaways(std::string_view bytes) {
  unscanned_.append(bytes);
  const auto byte = [this](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(unscanned_[i]));
  };
  const auto word = [&](size_t i) {
    return byte(i) << 24 | byte(i + 1) << 16 | byte(i + 2) << 8 | byte(i + 3);
  };
  while (unscanned_.size() >= 9) {
    const size_t frame_bytes = 9 + (byte(0) << 16 | byte(1) << 8 | byte(2));
    if (unscanned_.size() < frame_bytes) return;
    if (byte(3) == NGHTTP2_GOAWAY && frame_bytes >= 9 + 8) {
      goaway_last_stream_ = static_cast<int32_t>(word(9));
      goaway_code_ = word(13);
      ++goaways_;
    }
    unscanned_.erase(0, frame_bytes);
  }
}

void Http2Client::ReadSome() {
  char bytes[64 * 1024];
  ssize_t size;
  bool would_block = false;
  if (ssl_ != nullptr) {
    size = SSL_read(ssl_, bytes, sizeof(bytes));
    const int error = SSL_get_error(ssl_, static_cast<int>(size));
    would_block = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    ERR_clear_error();
  } else {
    size = recv(fd_, bytes, sizeof(bytes), 0);
    would_block = size < 0 && errno == EAGAIN;
  }
  if (size > 0) {
    ScanForGoaways({bytes, static_cast<size_t>(size)});
    nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(bytes),
                             static_cast<size_t>(size));
  } else if (!would_block) {
    lost_ = true;
  }
}

}  // namespace belfry::test
