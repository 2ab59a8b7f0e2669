// SPDX-License-Identifier: Apache-2.0
//
// Where a listener binds: "host:port", with an IPv6 host in brackets as "[::1]:7450". The host is
// always said ("0.0.0.0" or "[::]" for every interface), because a forgotten host must not open a
// broker to the network. It is numeric: a listener that binds to whatever a name server says today
// would not be what its operator wrote, so the listeners take no names. Port 0 lets the system
// choose.
//
// Threads: Immutable values. How it fails: ParseAddress returns INVALID_ARGUMENT with what is
// wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/status.h"

namespace belfry::config {

struct Address {
  std::string host;  // without brackets
  uint16_t port = 0;
};

StatusOr<Address> ParseAddress(std::string_view text);

// True only for what cannot be reached from another machine: 127.0.0.0/8 and ::1 (also as
// ::ffff:127.x.x.x).
bool IsLoopback(const Address& address);

}  // namespace belfry::config
