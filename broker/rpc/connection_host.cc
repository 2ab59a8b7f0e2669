// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/connection_host.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "broker/rpc/http2_connection.h"
#include "broker/rpc/socket_transport.h"
#include "broker/rpc/tls_transport.h"
#include "common/check.h"

namespace belfry::rpc {

ConnectionHost::ConnectionHost(reactor::Reactor& reactor, const ServiceTable& table,
                               const ConnectionLimits& limits, ServerCounters& counters,
                               TlsContextSource tls_context, OnClosed on_closed)
    : callbacks_(limits),
      environment_{reactor, table, limits, counters, callbacks_},
      tls_context_(std::move(tls_context)),
      on_closed_(std::move(on_closed)),
      read_buffer_(new char[kReadBufferBytes]) {}

ConnectionHost::~ConnectionHost() { BELFRY_CHECK(connections_.empty()); }

std::unique_ptr<Transport> ConnectionHost::MakeTransport(int fd) {
  if (!tls_context_) return std::make_unique<SocketTransport>(fd);
  return TlsTransport::Make(tls_context_(), fd);
}

void ConnectionHost::Adopt(int fd, std::string peer_address) {
  std::unique_ptr<Transport> transport = MakeTransport(fd);
  if (transport == nullptr) {
    environment_.counters.tls_failures.fetch_add(1, std::memory_order_relaxed);
    close(fd);
    return Drop(peer_address);
  }
  const auto connection =
      std::make_shared<Http2Connection>(*this, fd, std::move(transport), std::move(peer_address));
  // No event would ever come.
  if (!connection->TakeSeat()) return Drop(connection->peer_address());
  const int on = 1;  // we batch ourselves, by turns
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  environment_.counters.connections.fetch_add(1, std::memory_order_relaxed);
  Keep(connection).Start();
  if (draining_) connection->Drain();  // it was accepted before the drain and arrived after it
}

void ConnectionHost::Drop(const std::string& peer_address) {
  load_.fetch_sub(1, std::memory_order_relaxed);
  on_closed_(peer_address);
}

void ConnectionHost::DrainAll() {
  draining_ = true;
  for (const auto& connection : connections_) connection->Drain();
}

void ConnectionHost::StopAll(const Status& how) {
  stopped_ = how;
  while (!connections_.empty()) connections_.back()->Stop(how);
}

void ConnectionHost::OnConnectionClosed(Http2Connection& connection) {
  environment_.counters.connections.fetch_sub(1, std::memory_order_relaxed);
  load_.fetch_sub(1, std::memory_order_relaxed);
  on_closed_(Forget(connection)->peer_address());
}

Http2Connection& ConnectionHost::Keep(std::shared_ptr<Http2Connection> connection) {
  connection->host_slot = connections_.size();
  return *connections_.emplace_back(std::move(connection));
}

std::shared_ptr<Http2Connection> ConnectionHost::Forget(Http2Connection& connection) {
  const size_t slot = connection.host_slot;
  std::swap(connections_[slot], connections_.back());
  connections_[slot]->host_slot = slot;
  std::shared_ptr<Http2Connection> forgotten = std::move(connections_.back());
  connections_.pop_back();
  return forgotten;
}

ConnectionHost* ConnectionHost::SiblingOn(const reactor::Reactor& reactor) const {
  for (const auto& host : siblings_) {
    if (&host->environment_.reactor == &reactor) return host.get();
  }
  return nullptr;
}

// From here on the post holds the only reference: whoever has the post has the connection.
void ConnectionHost::HandOver(Http2Connection& connection, ConnectionHost& destination) {
  load_.fetch_sub(1, std::memory_order_relaxed);
  destination.AssignOne();
  destination.environment_.reactor.Post([&destination,
                                         alive = std::weak_ptr<char>(destination.alive_),
                                         arriving = Forget(connection)]() mutable {
    if (!alive.expired()) destination.TakeOver(std::move(arriving));
  });
}

void ConnectionHost::TakeOver(std::shared_ptr<Http2Connection> arriving) {
  Http2Connection& connection = Keep(std::move(arriving));
  if (!connection.Arrive(*this)) return;
  if (stopped_.has_value()) return connection.Stop(*stopped_);
  if (draining_) connection.Drain();
  connection.Resume();
}

}  // namespace belfry::rpc
