// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/acceptor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/check.h"

namespace belfry::reactor {
namespace {

// Accepts of one readiness: enough for a storm, few enough that the connections on this reactor get
// their turn in between.
constexpr int kAcceptsPerTurn = 64;

socklen_t ToSockaddr(const HostPort& address, sockaddr_storage& storage) {
  std::memset(&storage, 0, sizeof(storage));
  if (address.v6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    BELFRY_CHECK(inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1);
    return sizeof(*v6);
  }
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  v4->sin_family = AF_INET;
  v4->sin_port = htons(address.port);
  BELFRY_CHECK(inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1);
  return sizeof(*v4);
}

HostPort FromSockaddr(const sockaddr_storage& storage) {
  HostPort address;
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
    address.v6 = true;
    address.port = ntohs(v6.sin6_port);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
  } else {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    address.port = ntohs(v4.sin_port);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
  }
  address.host = text;
  return address;
}

std::string_view HostOf(std::string_view peer_address) {
  return peer_address.substr(0, peer_address.rfind(':'));
}

}  // namespace

Acceptor::Acceptor(Reactor& reactor, Options options, Counters& counters, OnAccept on_accept)
    : reactor_(reactor),
      options_(options),
      on_accept_(std::move(on_accept)),
      listener_(reactor.io()),
      rate_(options.accepts_per_second, options.accept_burst),
      rest_(reactor,
            [this] {
              resting_ = false;
              OpenSpare();
              WaitReadable();
            }),
      counters_(counters) {}

Acceptor::~Acceptor() {
  *alive_ = false;
  Close();
}

Status Acceptor::Listen(std::string_view address) {
  StatusOr<HostPort> parsed = HostPort::Parse(address);
  if (!parsed.ok()) return parsed.status();
  const int fd =
      socket(parsed->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto failed = [&](std::string_view what) {
    const Status status = Unavailable(
        fmt::format("cannot listen on {}: {}: {}", address, what, std::strerror(errno)));
    if (fd >= 0) close(fd);
    return status;
  };
  if (fd < 0) return failed("socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // An IPv6 listener serves IPv6 only: "[::]:7450" and "0.0.0.0:7450" then mean what they say.
  if (parsed->v6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  sockaddr_storage storage;
  socklen_t length = ToSockaddr(*parsed, storage);
  if (bind(fd, reinterpret_cast<sockaddr*>(&storage), length) != 0) return failed("bind");
  if (listen(fd, options_.backlog) != 0) return failed("listen");
  length = sizeof(storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0)
    return failed("getsockname");
  local_address_ = FromSockaddr(storage);
  asio::error_code error;
  listener_.assign(fd, error);
  if (error) {
    errno = error.value();
    return failed("epoll");
  }
  OpenSpare();
  WaitReadable();
  return Status();
}

void Acceptor::Close() {
  rest_.Cancel();
  asio::error_code ignored;
  listener_.close(ignored);
  if (spare_descriptor_ >= 0) close(std::exchange(spare_descriptor_, -1));
}

void Acceptor::ConnectionClosed(std::string_view peer_address) {
  const auto entry = open_by_host_.find(std::string(HostOf(peer_address)));
  BELFRY_CHECK(entry != open_by_host_.end());
  if (--entry->second == 0) open_by_host_.erase(entry);
  counters_.open.fetch_sub(1, std::memory_order_relaxed);
  // A descriptor has come free: no need to wait any longer for one. (After a pause by the rate this
  // looks once more and goes back to rest.)
  if (resting_) {
    rest_.Cancel();
    resting_ = false;
    OpenSpare();
    WaitReadable();
  }
}

void Acceptor::Pause() { paused_ = true; }

void Acceptor::Resume() {
  paused_ = false;
  WaitReadable();
}

void Acceptor::WaitReadable() {
  if (waiting_ || !MayAccept()) return;
  waiting_ = true;
  listener_.async_wait(asio::posix::stream_descriptor::wait_read,
                       [this, alive = alive_](const asio::error_code& error) {
                         if (!*alive) return;
                         waiting_ = false;
                         if (!error) OnReadable();
                       });
}

void Acceptor::OnReadable() {
  for (int i = 0; i < kAcceptsPerTurn && MayAccept(); ++i) {
    const Duration wait = rate_.Wait(reactor_.now());
    if (wait > Duration(0)) {
      PauseFor(wait);
      break;
    }
    const Accepted accepted = AcceptOne();
    if (accepted == Accepted::kNone) break;
    if (accepted == Accepted::kExhausted) OnExhausted();
  }
  WaitReadable();
}

Acceptor::Accepted Acceptor::AcceptOne() {
  sockaddr_storage storage;
  socklen_t length = sizeof(storage);
  const int fd = accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&storage), &length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    rate_.Take(reactor_.now());
    Admit(fd, FromSockaddr(storage).ToString());
    return Accepted::kOne;
  }
  switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return Accepted::kExhausted;
    case EAGAIN:
      return Accepted::kNone;
    default:
      // The connection died before we took it (ECONNABORTED and the network errors that accept(2)
      // passes on): the next one may be fine.
      return Accepted::kOne;
  }
}

void Acceptor::Admit(int fd, std::string peer_address) {
  const std::string host(HostOf(peer_address));
  const auto entry = open_by_host_.find(host);
  const size_t of_host = entry == open_by_host_.end() ? 0 : entry->second;
  if (counters_.open.load(std::memory_order_relaxed) >= options_.connections_max ||
      (options_.connections_per_address_max > 0 &&
       of_host >= options_.connections_per_address_max)) {
    counters_.refused.fetch_add(1, std::memory_order_relaxed);
    close(fd);
    return;
  }
  ++open_by_host_[host];
  counters_.open.fetch_add(1, std::memory_order_relaxed);
  counters_.accepted.fetch_add(1, std::memory_order_relaxed);
  on_accept_(fd, std::move(peer_address));
}

void Acceptor::OnExhausted() {
  if (spare_descriptor_ >= 0) {
    close(std::exchange(spare_descriptor_, -1));
    const int fd = accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      counters_.refused.fetch_add(1, std::memory_order_relaxed);
      close(fd);
    }
    OpenSpare();
  }
  PauseFor(options_.exhausted_pause);
}

void Acceptor::PauseFor(Duration duration) {
  counters_.pauses.fetch_add(1, std::memory_order_relaxed);
  resting_ = true;
  rest_.StartOnce(duration);
}

void Acceptor::OpenSpare() {
  if (spare_descriptor_ < 0) spare_descriptor_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace belfry::reactor
