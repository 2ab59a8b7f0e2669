// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/server.h"

#include <algorithm>
#include <future>
#include <utility>

#include "broker/rpc/connection_host.h"
#include "common/check.h"

namespace belfry::rpc {

Server::Server(ServerOptions options, std::vector<reactor::Reactor*> reactors,
               const ServiceTable& table)
    : options_(std::move(options)), reactors_(std::move(reactors)) {
  BELFRY_CHECK(!reactors_.empty());
  for (reactor::Reactor* reactor : reactors_) {
    hosts_.push_back(std::make_unique<ConnectionHost>(
        *reactor, table, options_.limits, counters_, options_.tls_context,
        [this](const std::string& peer_address) { OnConnectionClosed(peer_address); }));
  }
  for (const auto& host : hosts_) host->set_siblings(hosts_);
}

Server::~Server() { Stop(); }

Status Server::Listen() {
  Status status;
  RunOn(*reactors_.front(), [this, &status] {
    acceptor_ = std::make_unique<reactor::Acceptor>(
        *reactors_.front(), options_.accept, accept_counters_,
        [this](int fd, std::string peer_address) { OnAccept(fd, std::move(peer_address)); });
    status = acceptor_->Listen(options_.address);
    local_address_ = acceptor_->local_address();
  });
  return status;
}

void Server::OnAccept(int fd, std::string peer_address) {
  const auto least =
      std::min_element(hosts_.begin(), hosts_.end(),
                       [](const auto& a, const auto& b) { return a->load() < b->load(); });
  ConnectionHost& host = **least;
  host.AssignOne();
  reactor::Reactor& target = host.environment().reactor;
  if (&target == reactors_.front()) {
    host.Adopt(fd, std::move(peer_address));
    return;
  }
  target.Post([&host, fd, peer_address = std::move(peer_address)]() mutable {
    host.Adopt(fd, std::move(peer_address));
  });
}

void Server::OnConnectionClosed(const std::string& peer_address) {
  reactors_.front()->Post([this, peer_address] {
    if (acceptor_ != nullptr) acceptor_->ConnectionClosed(peer_address);
  });
}

// Runs `function` on the reactor's thread and waits for it.
void Server::RunOn(reactor::Reactor& reactor, const std::function<void()>& function) {
  if (reactor.InThread()) return function();
  // Shared: set_value may still be at work on it when wait returns.
  const auto done = std::make_shared<std::promise<void>>();
  std::future<void> finished = done->get_future();
  reactor.Post([&function, done] {
    function();
    done->set_value();
  });
  finished.wait();
}

void Server::Drain() {
  reactors_.front()->Post([this] {
    if (acceptor_ != nullptr) acceptor_->Close();
  });
  for (const auto& host : hosts_) {
    host->environment().reactor.Post([&host = *host] { host.DrainAll(); });
  }
}

void Server::Stop() {
  if (stopped_.exchange(true)) return;
  // Each step leaves nothing queued for the next: posts are run in order.
  RunOn(*reactors_.front(), [this] { acceptor_ = nullptr; });
  for (const auto& host : hosts_) {
    RunOn(host->environment().reactor,
          [&host] { host->StopAll(Unavailable("the server is stopping")); });
  }
  // What left a host before it stopped has been posted by now. Where it arrives after the stop it
  // is ended at once, and nothing leaves any more.
  for (const auto& host : hosts_) RunOn(host->environment().reactor, [] {});
  RunOn(*reactors_.front(), [] {});
}

void Server::PauseAccepting() {
  reactors_.front()->Post([this] {
    if (acceptor_ != nullptr) acceptor_->Pause();
  });
}

}  // namespace belfry::rpc
