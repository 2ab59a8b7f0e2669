// SPDX-License-Identifier: Apache-2.0
//
// The port through which a record leaves this reactor: towards another reactor, or (with the
// cluster) towards a peer. Two adapters that look alike stand behind it: over the inbox, and over
// the peer link.
//
// Threads: Offer and NotifyWhenRoom are called on the offering reactor; the callback comes there
// too. Ownership: an adapter outlives the brokers that offer to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "broker/core/record.h"

namespace belfry::core {

// Where records can go: the reactors of the node first, numbered from 0, its peers after them.
using DestinationId = uint16_t;

// A record on its way to a destination that has interest in it.
struct RoutedRecord {
  Ref<const Record> record;
  // Of the interest table, when it was matched: subscriptions made since do not get it.
  uint64_t interest_version = 0;
};

class Destination {
 public:
  virtual ~Destination() = default;

  // Takes as many records as fit, from the front, and returns how many. Never blocks, never drops.
  virtual size_t Offer(std::span<RoutedRecord> records) = 0;
  // After an Offer that did not take all: calls back once there is room again.
  virtual void NotifyWhenRoom(std::function<void()> callback) = 0;
};

}  // namespace belfry::core
