// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/broker/frontend/http/plain_http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/check.h"

namespace belfry::test {

PlainHttpClient::PlainHttpClient(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
  BELFRY_CHECK(fd_ >= 0);
  const timeval deadline = {30, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  BELFRY_CHECK(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
}

PlainHttpClient::~PlainHttpClient() { close(fd_); }

bool PlainHttpClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string PlainHttpClient::ReadAll() {
  std::string answer;
  char chunk[4096];
  while (true) {
    const ssize_t got = recv(fd_, chunk, sizeof(chunk), 0);
    if (got <= 0) return answer;
    answer.append(chunk, static_cast<size_t>(got));
  }
}

std::string Fetch(uint16_t port, std::string_view request) {
  PlainHttpClient client(port);
  client.Send(request);
  return client.ReadAll();
}

std::string Get(uint16_t port, std::string_view target) {
  return Fetch(port, "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

}  // namespace belfry::test
