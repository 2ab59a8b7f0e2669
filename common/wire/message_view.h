// SPDX-License-Identifier: Apache-2.0
//
// belfry.v1.Message and belfry.v1.Publish seen in place: views into encoded bytes. Their first four
// fields are the same, so one reader serves both. A test holds the field numbers against the
// generated code.
//
// Threads: Immutable. Ownership: every view points into the bytes that were parsed. Errors: Parse
// returns false on malformed bytes; it does not judge topics or sizes, nor whether text is UTF-8.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/wire/wire_reader.h"

namespace belfry::wire {

inline constexpr uint32_t kTopicField = 1;
inline constexpr uint32_t kPayloadField = 2;
inline constexpr uint32_t kHeadersField = 3;
inline constexpr uint32_t kKeyField = 4;
inline constexpr uint32_t kMessageTimeField = 5;
inline constexpr uint32_t kMessagePublisherField = 6;
inline constexpr uint32_t kPublishAckField = 5;
inline constexpr uint32_t kPublishWantOutcomeField = 6;
inline constexpr uint32_t kHeaderKeyField = 1;
inline constexpr uint32_t kHeaderValueField = 2;

struct HeaderView {
  std::string_view key;
  std::string_view value;
};

// Headers are read one by one from the bytes they stand in.
class HeadersView {
 public:
  HeadersView() = default;
  HeadersView(std::string_view container, uint32_t count, size_t bytes)
      : container_(container), count_(count), bytes_(bytes) {}

  uint32_t size() const { return count_; }
  // Of all headers as they are encoded, without their tags and lengths.
  size_t bytes() const { return bytes_; }
  bool empty() const { return count_ == 0; }

  // Calls visit(HeaderView) for each, in order. The container was parsed before, so it is well
  // formed.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    if (count_ == 0) return;
    WireReader reader(container_);
    uint32_t field;
    WireType type;
    while (!reader.done() && reader.ReadTag(&field, &type)) {
      std::string_view bytes;
      if (field == kHeadersField && type == WireType::kBytes) {
        HeaderView header;
        if (reader.ReadBytes(&bytes) && ParseHeader(bytes, &header)) visit(header);
      } else if (!reader.Skip(type)) {
        return;
      }
    }
  }

  static bool ParseHeader(std::string_view bytes, HeaderView* header);

 private:
  std::string_view container_;
  uint32_t count_ = 0;
  size_t bytes_ = 0;
};

struct MessageView {
  std::string_view topic;
  std::string_view payload;
  std::string_view key;
  HeadersView headers;
  int64_t time_unix_us = 0;
  std::string_view publisher;

  static bool Parse(std::string_view bytes, MessageView* message);
};

struct PublishView {
  std::string_view topic;
  std::string_view payload;
  std::string_view key;
  HeadersView headers;
  // As belfry.v1.AckLevel; a value this release does not know is passed on as it is.
  uint32_t ack = 0;
  bool want_outcome = false;

  static bool Parse(std::string_view bytes, PublishView* publish);
};

}  // namespace belfry::wire
