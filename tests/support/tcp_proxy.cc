// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace belfry::test {
namespace {

// More than this is not read ahead: the proxy pushes back as a network does.
constexpr size_t kBufferBytes = 256 << 10;

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

void NoDelay(int fd) {
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

void CloseWithReset(int fd) {
  const linger at_once = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

}  // namespace

TcpProxy::TcpProxy(int target_port) : target_port_(target_port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  wakeups_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const bool ready = bind(listener_, raw, size) == 0 && listen(listener_, 1024) == 0 &&
                     getsockname(listener_, raw, &size) == 0;
  EXPECT_TRUE(ready) << "no port for the proxy";
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

TcpProxy::~TcpProxy() {
  stopping_ = true;
  Wake();
  thread_.join();
  for (Link& link : links_) Cut(link);
  close(listener_);
  close(wakeups_);
}

void TcpProxy::Wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wakeups_, &one, sizeof one);
}

void TcpProxy::Reset(size_t after_bytes) {
  {
    std::lock_guard lock(mutex_);
    for (Link& link : links_) {
      if (after_bytes == 0) {
        Cut(link);
      } else {
        link.bytes_left = after_bytes;
      }
    }
  }
  Wake();
}

void TcpProxy::Stall(bool stalled) {
  {
    std::lock_guard lock(mutex_);
    stalled_ = stalled;
  }
  Wake();
}

void TcpProxy::Accept() {
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0) return;
    ++accepted_;
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(target_port_);
    if (refused_ ||
        connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      CloseWithReset(client);
      close(server);
      continue;
    }
    fcntl(server, F_SETFL, O_NONBLOCK);
    NoDelay(client);
    NoDelay(server);
    Link& link = links_.emplace_back();
    link.client.fd = client;
    link.server.fd = server;
  }
}

void TcpProxy::Cut(Link& link) {
  if (link.over) return;
  link.over = true;
  CloseWithReset(link.client.fd);
  CloseWithReset(link.server.fd);
}

bool TcpProxy::Read(Link& link, Side& from) {
  char bytes[64 << 10];
  size_t room = std::min(sizeof bytes, kBufferBytes - from.buffer.size());
  if (link.bytes_left) room = std::min(room, *link.bytes_left);
  // Until the other side has taken some.
  if (room == 0) return true;
  const ssize_t got = read(from.fd, bytes, room);
  if (got < 0) return errno == EAGAIN;
  if (got == 0) {
    from.ended = true;
    return true;
  }
  from.buffer.append(bytes, static_cast<size_t>(got));
  if (link.bytes_left) *link.bytes_left -= static_cast<size_t>(got);
  return true;
}

bool TcpProxy::Write(Side& from, const Side& to) {
  while (!from.buffer.empty()) {
    const ssize_t sent = send(to.fd, from.buffer.data(), from.buffer.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    from.buffer.erase(0, static_cast<size_t>(sent));
  }
  if (from.ended) shutdown(to.fd, SHUT_WR);
  return true;
}

void TcpProxy::Run() {
  while (!stopping_) {
    std::vector<pollfd> polled = {{listener_, POLLIN, 0}, {wakeups_, POLLIN, 0}};
    {
      std::lock_guard lock(mutex_);
      links_.remove_if([](const Link& link) { return link.over; });
      for (const Link& link : links_) {
        for (const auto& [side, other] :
             {std::pair{&link.client, &link.server}, std::pair{&link.server, &link.client}}) {
          short events = 0;
          if (!stalled_ && !side->ended && side->buffer.size() < kBufferBytes) events |= POLLIN;
          if (!stalled_ && !other->buffer.empty()) events |= POLLOUT;
          // Without events a hang-up would still be told, over and over.
          polled.push_back({events == 0 ? -1 : side->fd, events, 0});
        }
      }
    }
    poll(polled.data(), polled.size(), -1);
    uint64_t ignored = 0;
    [[maybe_unused]] const ssize_t drained = read(wakeups_, &ignored, sizeof ignored);
    std::lock_guard lock(mutex_);
    if (!stalled_) {
      for (Link& link : links_) {
        if (link.over) continue;
        const bool alive = (link.client.ended || Read(link, link.client)) &&
                           (link.server.ended || Read(link, link.server)) &&
                           Write(link.client, link.server) && Write(link.server, link.client);
        const bool both_ended = link.client.ended && link.server.ended;
        const bool spent = link.bytes_left && *link.bytes_left == 0;
        if (!alive || spent || both_ended) Cut(link);
      }
    }
    Accept();
  }
}

}  // namespace belfry::test
