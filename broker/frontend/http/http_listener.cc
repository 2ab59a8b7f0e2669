// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/http/http_listener.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include "common/check.h"

namespace belfry::frontend::http {
namespace {

constexpr int kBacklog = 64;
// Between two tries to accept while there is no descriptor or memory for it.
constexpr int kPauseMillis = 100;

using AddressList = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

Status ListenError(const std::string& host, uint16_t port, const char* reason) {
  return Unavailable(fmt::format("cannot listen on {} port {}: {}", host, port, reason));
}

// A listening descriptor, or -1 with errno.
int ListenOn(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  // A restart need not wait for connections that linger; two brokers still cannot share the port.
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

uint16_t PortOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  BELFRY_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// Signals belong to the thread that handles them; new threads inherit the mask of their maker.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

StatusOr<uint16_t> HttpListener::Start(const std::string& host, uint16_t port) {
  BELFRY_CHECK(listen_fd_ < 0 && stop_fd_ < 0);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
      error != 0) {
    return ListenError(host, port, gai_strerror(error));
  }
  const AddressList addresses(found, &freeaddrinfo);
  // The first address is the one the system prefers; a name with several is served on that one.
  listen_fd_ = ListenOn(*addresses);
  if (listen_fd_ < 0) return ListenError(host, port, std::strerror(errno));
  stop_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_fd_ < 0) {
    const int error = errno;
    Stop();
    return ListenError(host, port, std::strerror(error));
  }

  const BlockedSignals blocked;
  for (size_t i = 0; i < thread_count_; ++i) {
    std::thread& thread = threads_.emplace_back([this] { Run(); });
    pthread_setname_np(thread.native_handle(), fmt::format("http-{}", i).c_str());
  }
  return PortOf(listen_fd_);
}

void HttpListener::Stop() {
  if (stop_fd_ >= 0) BELFRY_CHECK(eventfd_write(stop_fd_, 1) == 0);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  if (listen_fd_ >= 0) close(listen_fd_);
  if (stop_fd_ >= 0) close(stop_fd_);
  listen_fd_ = stop_fd_ = -1;
}

void HttpListener::Run() {
  while (true) {
    pollfd waits[] = {{stop_fd_, POLLIN, 0}, {listen_fd_, POLLIN, 0}};
    poll(waits, 2, -1);
    if (waits[0].revents != 0) return;
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      serve_(fd, stop_fd_);
      continue;
    }
    // Another thread took it, or its client is gone already.
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) continue;
    poll(waits, 1, kPauseMillis);
  }
}

}  // namespace belfry::frontend::http
