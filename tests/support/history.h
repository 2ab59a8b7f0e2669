// SPDX-License-Identifier: Apache-2.0
//
// What one publisher said on one live topic, what one subscription heard of it, and whether the two
// agree: the invariants of a client's life, each a named function. A message's payload is its
// number, from 1. The subscription was confirmed before the first publish.
//
// Threads: PublishHistory and DeliveryHistory are Thread-safe while they are written; the checks
// are pure functions of what is quiet. Each returns the violations, empty if there are none.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "belfry/message.h"
#include "belfry/publish.h"

namespace belfry::test {

using Violations = std::vector<std::string>;

class PublishHistory {
 public:
  // The next message's number, which is its payload. It is invoked now.
  uint64_t Invoke();
  void Settle(uint64_t number, const PublishOutcome& outcome);

  // Unset while there is no outcome.
  std::vector<std::optional<PublishOutcome::Kind>> outcomes() const;
  uint64_t settled() const;
  uint64_t invoked() const;
  uint64_t CountOf(PublishOutcome::Kind kind) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::optional<PublishOutcome::Kind>> outcomes_;
  uint64_t settled_ = 0;
  uint64_t settled_twice_ = 0;

  friend Violations CheckEachSettledOnce(const PublishHistory& published);
};

// A message by its number, or a gap.
using Delivery = std::variant<uint64_t, Gap>;

class DeliveryHistory {
 public:
  explicit DeliveryHistory(std::string topic) : topic_(std::move(topic)) {}

  void OnMessage(const Message& message);
  void OnGap(const Gap& gap);

  const std::string& topic() const { return topic_; }
  std::vector<Delivery> deliveries() const;
  uint64_t messages() const;
  uint64_t gaps(GapCause cause) const;
  // The greatest number delivered.
  uint64_t last() const;

 private:
  const std::string topic_;
  mutable std::mutex mutex_;
  std::vector<Delivery> deliveries_;
  uint64_t messages_ = 0;
  uint64_t last_ = 0;
};

// I13, the half that needs no delivery: every publish has one outcome.
Violations CheckEachSettledOnce(const PublishHistory& published);
// I5 and I7: numbers rise, none comes twice.
Violations CheckOrder(const DeliveryHistory& delivered);
// I2 and I13: nothing was delivered that FAILED or was never published.
Violations CheckNothingForged(const PublishHistory& published, const DeliveryHistory& delivered);
// I6, I9 and I12: what is OK was delivered, or lies in a gap that stands where it is missing; and a
// gap that knows its count tells no more and no less than is missing there.
Violations CheckHoles(const PublishHistory& published, const DeliveryHistory& delivered);

Violations CheckAll(const PublishHistory& published, const DeliveryHistory& delivered);

}  // namespace belfry::test
