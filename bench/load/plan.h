// SPDX-License-Identifier: Apache-2.0
//
// What a benchmark run does, without doing it: which topics, who subscribes to which, when each
// message is due, and the stamp in a payload that lets a subscriber tell how late it is.
//
// Stamp, at the payload's beginning, in the machine's byte order (it never leaves the process that
// made it):
//   due time, steady clock, ns (8) | epoch (4) | publisher (2) | phase: 0 warm-up, 1 measured (2)
//
// Threads: Immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/load/load.h"
#include "common/clock.h"

namespace belfry::bench {

inline constexpr size_t kPayloadBytesMin = 16;
inline constexpr size_t kPayloadBytesMax = size_t{64} << 20;

struct Stamp {
  Instant due;
  uint32_t publisher = 0;
  bool measured = false;
  // How often the publisher had written off what was under way.
  uint32_t epoch = 0;
};

// `payload` has at least kPayloadBytesMin bytes; publishers are numbered to 65,535.
void WriteStamp(const Stamp& stamp, std::string& payload);
// Empty if the payload cannot be one of ours.
std::optional<Stamp> ReadStamp(std::string_view payload);

class Plan {
 public:
  // `run` makes the topics differ from those of every other run.
  Plan(const Load& load, uint64_t run) : load_(load), run_(run) {}

  const Load& load() const { return load_; }

  std::string TopicName(uint32_t topic) const;
  uint32_t TopicOfSubscriber(uint32_t subscriber) const { return subscriber % load_.topics; }
  uint32_t SubscribersOf(uint32_t topic) const;
  // Publishers take the topics in turn, each beginning with another.
  uint32_t TopicOf(uint32_t publisher, uint64_t message) const {
    return static_cast<uint32_t>((publisher + message) % load_.topics);
  }
  // With a rate: the publishers' messages are due evenly, one publisher after the other.
  Instant DueTime(Instant start, uint32_t publisher, uint64_t message) const;
  // Without one: how many messages of one publisher may be under way.
  uint64_t Window() const;
  // Whether a publisher waits for each message's deliveries.
  bool OneAtATime() const { return load_.kind == Load::Kind::kLatency && !load_.rate; }

 private:
  const Load load_;
  const uint64_t run_;
};

}  // namespace belfry::bench
