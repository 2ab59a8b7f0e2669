// SPDX-License-Identifier: Apache-2.0
//
// The connections of one server on one reactor, and what they share: the read buffer, nghttp2's
// callbacks, the method table, limits and counters. Hosts of one server are siblings: a connection
// that moves is handed from one to another by a post. One that arrives after StopAll is stopped
// then; one whose post is never run dies with it.
//
// Lifecycle: made by the server; StopAll on its reactor before it is destroyed.
// Threads: Confined to its reactor, except load and AssignOne, which are Thread-safe.
// Fails: a descriptor that cannot become a connection (no TLS context, or the kernel's limit of
// epoll watches) is closed and reported as closed.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/rpc/http2_callbacks.h"
#include "broker/rpc/http2_session.h"
#include "common/status.h"

namespace belfry::rpc {

class Http2Connection;
class Transport;

class ConnectionHost {
 public:
  // Empty function: plaintext. See ServerOptions::tls_context.
  using TlsContextSource = std::function<std::shared_ptr<SSL_CTX>()>;
  using OnClosed = std::function<void(const std::string& peer_address)>;

  ConnectionHost(reactor::Reactor& reactor, const ServiceTable& table,
                 const ConnectionLimits& limits, ServerCounters& counters,
                 TlsContextSource tls_context, OnClosed on_closed);
  ~ConnectionHost();
  ConnectionHost(const ConnectionHost&) = delete;
  ConnectionHost& operator=(const ConnectionHost&) = delete;

  // Among them is this one. They must not change any more once connections come.
  void set_siblings(std::span<const std::unique_ptr<ConnectionHost>> hosts) { siblings_ = hosts; }

  // Connections given to this host, also those on their way to its reactor.
  size_t load() const { return load_.load(std::memory_order_relaxed); }
  void AssignOne() { load_.fetch_add(1, std::memory_order_relaxed); }

  // Takes a connected descriptor for which AssignOne was called.
  void Adopt(int fd, std::string peer_address);
  void DrainAll();
  void StopAll(const Status& how);

  // For Http2Connection.
  const Http2Environment& environment() const { return environment_; }
  std::span<char> read_buffer() { return {read_buffer_.get(), kReadBufferBytes}; }
  // Null if there is none.
  ConnectionHost* SiblingOn(const reactor::Reactor& reactor) const;
  void HandOver(Http2Connection& connection, ConnectionHost& destination);
  void OnConnectionClosed(Http2Connection& connection);

 private:
  // Large enough that a busy connection is drained with one read, small enough to stay in the
  // second-level cache.
  static constexpr size_t kReadBufferBytes = 256 * 1024;

  std::unique_ptr<Transport> MakeTransport(int fd);
  void Drop(const std::string& peer_address);
  Http2Connection& Keep(std::shared_ptr<Http2Connection> connection);
  std::shared_ptr<Http2Connection> Forget(Http2Connection& connection);
  void TakeOver(std::shared_ptr<Http2Connection> arriving);

  const Http2Callbacks callbacks_;
  const Http2Environment environment_;
  const TlsContextSource tls_context_;
  const OnClosed on_closed_;
  const std::unique_ptr<char[]> read_buffer_;
  std::span<const std::unique_ptr<ConnectionHost>> siblings_;
  std::vector<std::shared_ptr<Http2Connection>> connections_;
  std::atomic<size_t> load_{0};
  bool draining_ = false;
  std::optional<Status> stopped_;
  // Gone: what was posted to us must not touch us.
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace belfry::rpc
