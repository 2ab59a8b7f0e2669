// SPDX-License-Identifier: Apache-2.0
//
// A numeric socket address as text: "127.0.0.1:7450", "[::1]:7450", "0.0.0.0:0". Names are not
// looked up: a listener that binds to whatever a name server says today would not be what its
// operator wrote.
//
// Threads: Immutable value. Fails: Parse returns INVALID_ARGUMENT saying what was expected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/status.h"

namespace belfry::reactor {

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;
  bool v6 = false;

  static StatusOr<HostPort> Parse(std::string_view text);
  std::string ToString() const;
};

// 127.0.0.0/8, ::1 and the v4-mapped form of the former. `host` without brackets.
bool IsLoopback(std::string_view host);
inline bool IsLoopback(const HostPort& address) { return IsLoopback(address.host); }

}  // namespace belfry::reactor
