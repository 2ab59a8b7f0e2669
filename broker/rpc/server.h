// SPDX-License-Identifier: Apache-2.0
//
// A gRPC server on one listening address: accepts on the first reactor, and gives each connection
// to the reactor that has the fewest of this server.
//
// Lifecycle: construct with reactors that outlive it, Listen() (before the reactors start, or on
// the first one), Drain() when the node leaves, Stop() before the reactors stop, destroy. Threads:
// Drain, Stop, PauseAccepting and the counters are Thread-safe. Fails: Listen
// names the address and the cause.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/reactor/acceptor.h"
#include "broker/reactor/host_port.h"
#include "broker/reactor/reactor.h"
#include "broker/rpc/connection_limits.h"
#include "broker/rpc/server_counters.h"
#include "broker/rpc/service_table.h"
#include "common/status.h"

namespace belfry::rpc {

class ConnectionHost;

struct ServerOptions {
  std::string address = "127.0.0.1:7450";
  reactor::Acceptor::Options accept = {};
  ConnectionLimits limits = {};
  // The TLS context for the next connection: a new one per generation of certificates. Empty:
  // plaintext. Called on any reactor's thread.
  std::function<std::shared_ptr<SSL_CTX>()> tls_context = {};
};

class Server {
 public:
  // `table` must not change any more once Listen was called; it and the reactors outlive the
  // server.
  Server(ServerOptions options, std::vector<reactor::Reactor*> reactors, const ServiceTable& table);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Status Listen();
  const reactor::HostPort& local_address() const { return local_address_; }

  // Stops accepting and tells every client, in two steps, to open no more calls here. Open calls go
  // on; a connection closes when its last one has ended.
  void Drain();
  // Closes everything, and returns when it is closed. Calls end with UNAVAILABLE.
  void Stop();

  // What connects from here on waits in the kernel's queue, until Drain or Stop refuses it.
  void PauseAccepting();

  uint64_t connections() const { return counters_.connections.load(std::memory_order_relaxed); }
  const ServerCounters& counters() const { return counters_; }
  const reactor::Acceptor::Counters& accept_counters() const { return accept_counters_; }

 private:
  void OnAccept(int fd, std::string peer_address);
  void OnConnectionClosed(const std::string& peer_address);
  void RunOn(reactor::Reactor& reactor, const std::function<void()>& function);

  const ServerOptions options_;
  const std::vector<reactor::Reactor*> reactors_;
  ServerCounters counters_;
  reactor::Acceptor::Counters accept_counters_;
  reactor::HostPort local_address_;
  std::vector<std::unique_ptr<ConnectionHost>> hosts_;  // one per reactor
  std::unique_ptr<reactor::Acceptor> acceptor_;         // touched on the first reactor only
  std::atomic<bool> stopped_{false};
};

}  // namespace belfry::rpc
