// SPDX-License-Identifier: Apache-2.0
#include "tests/support/raw_listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <vector>

namespace belfry::test {
namespace {

void Reset(int connection) {
  const linger at_once{1, 0};
  setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(connection);
}

}  // namespace

RawListener::RawListener(RawSpeech speech) : speech_(std::move(speech)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  stop_ = eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(bind(listener_, plain, size), 0);
  EXPECT_EQ(listen(listener_, 64), 0);
  EXPECT_EQ(getsockname(listener_, plain, &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

void RawListener::Stop() {
  if (!thread_.joinable()) return;
  EXPECT_EQ(eventfd_write(stop_, 1), 0);
  thread_.join();
  close(listener_);
  close(stop_);
}

void RawListener::Run() {
  std::vector<int> silent;
  while (true) {
    pollfd waiting[] = {{listener_, POLLIN, 0}, {stop_, POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0) continue;
    if (waiting[1].revents != 0) break;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    ++accepted_;
    Serve(connection);
    if (speech_.reset) {
      Reset(connection);
    } else {
      silent.push_back(connection);
    }
  }
  for (const int connection : silent) Reset(connection);
}

void RawListener::Serve(int connection) {
  // Whoever does not read is not waited for.
  const timeval at_most{1, 0};
  setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &at_most, sizeof at_most);
  for (size_t left = speech_.times; left > 0; --left) {
    const ssize_t sent = send(connection, speech_.bytes.data(), speech_.bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return;
  }
}

}  // namespace belfry::test
