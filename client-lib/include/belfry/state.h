// SPDX-License-Identifier: Apache-2.0
//
// Where a client's connection stands.
//
// Threads: Immutable values.
#pragma once

#include <string>

#include "belfry/error.h"

namespace belfry {

enum class State {
  // No session yet since Create.
  kConnecting,
  kConnected,
  // The session was lost or the broker asked us to move; trying again, without limit.
  kReconnecting,
  // Client::Drain was called: no new publishes are taken.
  kDraining,
  // Client::Close was called or the drain is over. Final.
  kClosed,
};

// "connecting", "connected", …: stable, for logs and JSON.
constexpr const char* ToString(State state) {
  switch (state) {
    case State::kConnecting:
      return "connecting";
    case State::kConnected:
      return "connected";
    case State::kReconnecting:
      return "reconnecting";
    case State::kDraining:
      return "draining";
    case State::kClosed:
      return "closed";
  }
  return "unknown";
}

struct StateChange {
  State state = State::kConnecting;
  // The endpoint concerned, as configured or as the broker named it.
  std::string endpoint;
  // kConnected: the broker's node.
  std::string node_id;
  // kConnected: the session goes on exactly where it was; otherwise it is a new one.
  bool resumed = false;
  // kReconnecting, and kConnecting after a failed try: why.
  Error reason;
};

}  // namespace belfry
