// SPDX-License-Identifier: Apache-2.0
//
// Values as they stand on a command line: durations `250ms`, `5s`, `7d`; sizes `128`, `64KiB`,
// `1MiB`; rates; server addresses; the `--subscribers TOPIC=N` and `--header K=V` pairs. A unit is
// never guessed: a duration without one is refused.
//
// Threads: pure functions. Errors: INVALID_ARGUMENT with a text that says what is wrong and what to
// write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/status.h"

namespace belfry::cli {

// A whole number and one of us, ms, s, m, h, d; greater than zero and at most 10,000 days.
StatusOr<Duration> ParseDuration(std::string_view text);

// A whole number of bytes, or one with KiB, MiB or GiB.
StatusOr<uint64_t> ParseSize(std::string_view text);

// Messages a second, at least 1; "max" is an empty optional.
StatusOr<std::optional<uint64_t>> ParseRate(std::string_view text);

// HOST:PORT[,HOST:PORT]…; an IPv6 host stands in brackets.
StatusOr<std::vector<std::string>> ParseServers(std::string_view text);

struct Pair {
  std::string name;
  std::string value;
};
// Split at the first '='; the name must not be empty.
StatusOr<Pair> ParsePair(std::string_view text);

struct TopicCount {
  std::string topic;
  uint64_t count = 0;
};
// Split at the last '=', because a topic may hold one.
StatusOr<TopicCount> ParseTopicCount(std::string_view text);

}  // namespace belfry::cli
