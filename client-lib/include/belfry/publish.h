// SPDX-License-Identifier: Apache-2.0
//
// How a message is published, and what became of it. An outcome is always delivered, exactly once,
// at the latest when the deadline passes or the client closes; and it never claims more than is
// known.
//
// Threads: Immutable values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "belfry/error.h"
#include "belfry/message.h"

namespace belfry {

// What an outcome of OK waits for.
enum class AckLevel {
  // Nothing: OK means written to the connection.
  kNone,
  // The broker took it in and handed it to every queue concerned.
  kAccepted,
  // What the topic's durability promises. Replay topics only.
  kStored,
  // A majority of replicas have it. Replay topics in a cluster only.
  kReplicated,
};

struct PublishOptions {
  AckLevel ack = AckLevel::kAccepted;
  std::vector<std::pair<std::string, std::string>> headers;
  // For subscriptions that keep the latest message of each (topic, key).
  std::string key;
  // When it passes: FAILED if the message was certainly never written, UNKNOWN otherwise.
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
  // Ask for PublishOutcome::subscribers and nodes; costs a few bytes of answer for each message.
  // They come with the broker's answer, so `ack` is then at least kAccepted.
  bool want_counts = false;
};

struct PublishOutcome {
  enum class Kind {
    // At least `achieved` is true.
    kOk,
    // Certainly not published.
    kFailed,
    // The connection broke, or the deadline passed, between sending and the answer.
    kUnknown,
  };

  Kind kind = Kind::kUnknown;
  AckLevel achieved = AckLevel::kNone;
  // Replay topics.
  std::optional<Position> position;
  // With want_counts: subscriptions that matched (exact on the broker's node, last known on
  // others), and nodes that have one.
  uint32_t subscribers = 0;
  uint32_t nodes = 0;
  // Set unless OK.
  Error error;

  bool ok() const { return kind == Kind::kOk; }
};

using PublishCallback = std::function<void(const PublishOutcome&)>;

}  // namespace belfry
