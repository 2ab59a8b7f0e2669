// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/http/bounded_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace belfry::frontend::http {
namespace {

// A client that has its answer has no reason to keep the thread longer.
constexpr Duration kFinishTime = std::chrono::milliseconds(500);

// Rounded up: a poll of 0 ms before the deadline would spin.
int PollMillis(Duration left) {
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<int64_t>(millis, 0, 60'000));
}

}  // namespace

BoundedSocket::BoundedSocket(int fd, int stop_fd, Bounds bounds)
    : fd_(fd),
      stop_fd_(stop_fd),
      deadline_(clock_.Now() + bounds.time),
      bytes_left_(bounds.bytes_in) {}

BoundedSocket::~BoundedSocket() { close(fd_); }

bool BoundedSocket::Await(short event, Instant until) const {
  while (true) {
    const Duration left = until - clock_.Now();
    if (left <= Duration(0)) return false;
    pollfd waits[] = {{fd_, event, 0}, {stop_fd_, POLLIN, 0}};
    const int ready = poll(waits, 2, PollMillis(left));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    if (waits[1].revents != 0) return false;
    if (waits[0].revents != 0) return true;
  }
}

ssize_t BoundedSocket::Receive(Instant until) {
  if (bytes_left_ == 0) return -1;
  while (Await(POLLIN, until)) {
    const ssize_t got =
        recv(fd_, buffer_.data(), std::min(buffer_.size(), bytes_left_), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got > 0) bytes_left_ -= static_cast<size_t>(got);
    return got;
  }
  return -1;
}

ssize_t BoundedSocket::Read(char* out, size_t size) {
  if (buffer_begin_ == buffer_end_) {
    const ssize_t got = Receive(deadline_);
    if (got <= 0) return got;
    buffer_begin_ = 0;
    buffer_end_ = static_cast<size_t>(got);
  }
  const size_t taken = std::min(size, buffer_end_ - buffer_begin_);
  std::memcpy(out, buffer_.data() + buffer_begin_, taken);
  buffer_begin_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t BoundedSocket::Write(const char* data, size_t size) {
  size_t done = 0;
  while (done < size) {
    if (!Await(POLLOUT, deadline_)) return -1;
    const ssize_t sent = send(fd_, data + done, size - done, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (sent < 0) return -1;
    done += static_cast<size_t>(sent);
  }
  return static_cast<ssize_t>(done);
}

void BoundedSocket::Finish() {
  shutdown(fd_, SHUT_WR);
  const Instant until = std::min(deadline_, clock_.Now() + kFinishTime);
  while (Receive(until) > 0) {
  }
}

}  // namespace belfry::frontend::http
