// SPDX-License-Identifier: Apache-2.0
//
// What a topic is. In the core it is any bytes within a space; the gRPC door takes only valid UTF-8
// without control characters (C0, U+007F, C1), not empty and not starting with '$'. Segments are
// split by '.', and an empty segment is legal: "a..b" has three. The Redis door takes any bytes and
// checks only their number.
//
// Threads: Thread-safe, pure functions. Units: bytes. Fails: ValidateTopic says what is wrong and
// what to do about it. Source of the UTF-8 rules: The Unicode Standard, table 3-7 (well-formed
// sequences).
#pragma once

#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/status.h"

namespace belfry {

// Two topics of the same bytes in different spaces are different topics. kShard holds Redis's shard
// channels and nothing else.
enum class Space : uint8_t { kMain, kShard };

// limits.topic_bytes: its default, and the most it can be set to (a NATS control line's 4 KiB).
inline constexpr size_t kTopicBytesDefault = 512;
inline constexpr size_t kTopicBytesMax = 4096;

// The gRPC door's full check, for a reply to whoever sent it. Code: INVALID_ARGUMENT.
// The limit is the smaller of max_bytes and kTopicBytesMax.
Status ValidateTopic(std::string_view topic, size_t max_bytes);

// The same rules without the limit on the length, for the hot path: the caller compares the size,
// which costs nothing. Eight bytes at a time while they are ASCII.
bool IsDoorTopic(std::string_view topic);

// Well-formed UTF-8 without control characters: what the wire asks of every name, header keys
// included.
bool IsPlainText(std::string_view text);

// The rules that topics and filters of the gRPC door share; `what` names the thing in the message
// ("topic", "wildcard filter").
Status ValidateDoorText(std::string_view what, std::string_view text, size_t max_bytes);

// The hash that LiteralIndex uses, so that a striped table hashes a topic once. Choose the stripe
// by the *top* bits: the index's own table uses the low ones. Seeded per process: never send or
// store it.
inline uint64_t TopicHash(std::string_view text) {
  return absl::Hash<absl::string_view>{}(absl::string_view(text.data(), text.size()));
}

// The end of the segment that starts at `begin` (at most text.size()): its '.', or the end of the
// text. The next segment starts one further; a start beyond text.size() means that there is none.
inline size_t SegmentEnd(std::string_view text, size_t begin) {
  const size_t dot = text.find('.', begin);
  return dot == std::string_view::npos ? text.size() : dot;
}

}  // namespace belfry
