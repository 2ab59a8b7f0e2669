// SPDX-License-Identifier: Apache-2.0
//
// A small gRPC client over nghttp2 and one socket, for tests that must see or break the wire:
// streams, messages, raw frames, resets, withheld windows. Nothing happens by itself: bytes move
// only inside Wait and Flush, which wait on the socket, never by sleeping.
//
// Threads: Confined to its owner. Units: bytes. Fails: Wait returns false at its deadline; a lost
// connection shows as connection_lost().
#pragma once

#include <nghttp2/nghttp2.h>
#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace belfry::test {

class Http2Client {
 public:
  struct Options {
    uint32_t stream_window_bytes = 1 << 20;
    uint32_t max_frame_bytes = 16384;
    // False: windows are returned only by ReturnWindow.
    bool return_windows = true;
    // A context to speak TLS with, offering ALPN "h2" if `offer_h2`.
    SSL_CTX* tls = nullptr;
    bool offer_h2 = true;
    // False: not even the connection preface is sent by itself.
    bool speak = true;
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // What has come in on one stream.
  struct Reply {
    std::map<std::string, std::string> headers;
    std::map<std::string, std::string>
        trailers;  // those of a trailers-only answer stand in headers
    std::vector<std::string> messages;
    std::string partial;      // of the next message
    size_t data_bytes = 0;    // with prefixes
    bool ended = false;       // END_STREAM seen
    bool closed = false;      // the stream is gone
    uint32_t reset_code = 0;  // of an RST_STREAM from the server
    bool reset = false;

    std::string Status() const;   // "grpc-status", from wherever it stands
    std::string Message() const;  // "grpc-message", still encoded
  };

  // Connects to a server on loopback. CHECKs that this works; a TLS handshake may fail: see
  // connection_lost().
  Http2Client(uint16_t port, Options options);
  explicit Http2Client(uint16_t port) : Http2Client(port, Options{}) {}
  // Over a socket that is already connected; takes it.
  Http2Client(int fd, Options options, std::nullptr_t);
  ~Http2Client();
  Http2Client(const Http2Client&) = delete;
  Http2Client& operator=(const Http2Client&) = delete;

  // Opens a call with the usual headers, of which `headers` replaces or (with an empty value) drops
  // some.
  int32_t Open(std::string_view path, const Headers& headers = {}, bool end_stream = false);
  void Send(int32_t stream, std::string_view message);  // with its length prefix
  void SendBytes(int32_t stream, std::string_view bytes);
  void HalfClose(int32_t stream);
  void Reset(int32_t stream, uint32_t code = NGHTTP2_CANCEL);
  void Ping();
  void ReturnWindow(int32_t stream, size_t bytes);  // of the stream and of the connection
  // Bytes past nghttp2, in order with what was flushed before. False if the connection is lost.
  bool SendRaw(std::string_view bytes);
  static std::string Framed(std::string_view message);
  static std::string FrameHead(size_t length, uint8_t type, uint8_t flags, uint32_t stream);

  // Moves bytes until `done` or the deadline; true if done.
  bool Wait(const std::function<bool()>& done,
            std::chrono::milliseconds deadline = std::chrono::seconds(20));
  bool WaitMessages(int32_t stream, size_t count);
  bool WaitClosed(int32_t stream);
  bool WaitLost();
  // Sends what is queued, as far as the socket takes it within the deadline.
  bool Flush();

  const Reply& reply(int32_t stream) { return replies_[stream]; }
  bool connection_lost() const { return lost_; }
  std::optional<uint32_t> goaway_code() const { return goaway_code_; }
  int goaways() const { return goaways_; }
  int32_t goaway_last_stream() const { return goaway_last_stream_; }
  int pings_answered() const { return pings_answered_; }
  int pings_received() const { return pings_received_; }
  size_t bytes_unsent() const;  // of messages, held back by the server's windows
  uint32_t remote_setting(nghttp2_settings_id id) const;
  int fd() const { return fd_; }

 private:
  struct Outgoing {
    std::string bytes;
    // Of them, given to nghttp2. Dropped when they are many: a message of 32 MiB must not be moved
    // once for each of its frames.
    size_t taken = 0;
    bool ended = false;
    bool deferred = false;
  };

  void StartSession();
  void StartTls();
  void Resume(int32_t stream);
  void QueueOutput();
  bool Move(int timeout_ms);
  void ReadSome();
  void ScanForGoaways(std::string_view bytes);
  void WriteSome();
  void TakeData(int32_t stream, std::string_view bytes);
  static nghttp2_session_callbacks* MakeCallbacks();

  const Options options_;
  int fd_ = -1;
  SSL* ssl_ = nullptr;
  nghttp2_session* session_ = nullptr;
  std::map<int32_t, Reply> replies_;
  std::map<int32_t, Outgoing> outgoing_;
  std::string unwritten_;
  std::string unscanned_;
  bool lost_ = false;
  std::optional<uint32_t> goaway_code_;
  int32_t goaway_last_stream_ = 0;
  int goaways_ = 0;
  int pings_answered_ = 0;
  int pings_received_ = 0;
};

}  // namespace belfry::test
