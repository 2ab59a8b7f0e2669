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
  connection->host_slot = connections_.size();
  connections_.push_back(connection);
  connection->Start();
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
  while (!connections_.empty()) connections_.back()->Stop(how);
}

void ConnectionHost::OnConnectionClosed(Http2Connection& connection) {
  environment_.counters.connections.fetch_sub(1, std::memory_order_relaxed);
  load_.fetch_sub(1, std::memory_order_relaxed);
  const std::string peer_address = connection.peer_address();
  const size_t slot = connection.host_slot;
  std::swap(connections_[slot], connections_.back());
  connections_[slot]->host_slot = slot;
  connections_.pop_back();
  on_closed_(peer_address);
}

}  // namespace belfry::rpc
