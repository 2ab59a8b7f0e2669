// SPDX-License-Identifier: Apache-2.0
#include "broker/config/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace belfry::config {
namespace {

bool ParseIpv4(const std::string& host, in_addr& out) {
  return inet_pton(AF_INET, host.c_str(), &out) == 1;
}

bool ParseIpv6(const std::string& host, in6_addr& out) {
  return inet_pton(AF_INET6, host.c_str(), &out) == 1;
}

}  // namespace

StatusOr<Address> ParseAddress(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return InvalidArgument("the port is missing");
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);

  Address address;
  const char* port_end = port_text.data() + port_text.size();
  const auto [end, error] = std::from_chars(port_text.data(), port_end, address.port);
  if (error != std::errc() || end != port_end) {
    return InvalidArgument("the port is not a number from 0 to 65535");
  }

  if (host.empty()) return InvalidArgument("the host is missing");
  if (host.front() == '[') {
    if (host.back() != ']') return InvalidArgument("the closing bracket of the host is missing");
    address.host = std::string(host.substr(1, host.size() - 2));
    in6_addr ignored;
    if (!ParseIpv6(address.host, ignored)) {
      return InvalidArgument("the host in brackets is not an IPv6 address");
    }
    return address;
  }
  if (host.find(':') != std::string_view::npos) {
    return InvalidArgument("an IPv6 host stands in brackets");
  }
  address.host = std::string(host);
  in_addr ignored;
  if (!ParseIpv4(address.host, ignored)) {
    return InvalidArgument(
        "the host is not a numeric IP address; names are not looked up, write 127.0.0.1 for "
        "localhost");
  }
  return address;
}

bool IsLoopback(const Address& address) {
  in_addr v4;
  if (ParseIpv4(address.host, v4)) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6;
  if (!ParseIpv6(address.host, v6)) return false;
  if (IN6_IS_ADDR_LOOPBACK(&v6)) return true;
  return IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127;
}

}  // namespace belfry::config
