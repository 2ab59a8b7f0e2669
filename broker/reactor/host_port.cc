// SPDX-License-Identifier: Apache-2.0
#include "broker/reactor/host_port.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace belfry::reactor {
namespace {

Status Malformed(std::string_view text) {
  return InvalidArgument(
      fmt::format("\"{}\" is not an address; write it as 127.0.0.1:7450 or [::1]:7450", text));
}

}  // namespace

StatusOr<HostPort> HostPort::Parse(std::string_view text) {
  HostPort parsed;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const size_t close = text.find("]:");
    if (close == std::string_view::npos) return Malformed(text);
    parsed.v6 = true;
    parsed.host = text.substr(1, close - 1);
    port = text.substr(close + 2);
  } else {
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos) return Malformed(text);
    parsed.host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  unsigned char address[sizeof(in6_addr)];
  if (inet_pton(parsed.v6 ? AF_INET6 : AF_INET, parsed.host.c_str(), address) != 1) {
    return Malformed(text);
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (error != std::errc() || end != port.data() + port.size()) return Malformed(text);
  return parsed;
}

std::string HostPort::ToString() const {
  return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

bool IsLoopback(std::string_view host) {
  const std::string terminated(host);
  in_addr v4;
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6;
  if (inet_pton(AF_INET6, terminated.c_str(), &v6) != 1) return false;
  if (IN6_IS_ADDR_LOOPBACK(&v6)) return true;
  return IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127;
}

}  // namespace belfry::reactor
