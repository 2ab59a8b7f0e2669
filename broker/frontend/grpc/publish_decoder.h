// SPDX-License-Identifier: Apache-2.0
//
// Finds the publishes inside a frame without parsing it into objects: each becomes a view into the
// received bytes, and the core encodes the record straight from there.
//
// Threads: pure functions. Ownership: views point into the given bytes. Errors: false on malformed
// bytes; what was visited before stays visited.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/wire/message_view.h"
#include "common/wire/wire_reader.h"

namespace belfry::frontend::grpc {

// The PublishBatch inside a ClientFrame that holds no other frame (fields of a newer release are passed
// over). False: the frame is another one, or is malformed; generated code will tell which.
bool FindPublishBatch(std::string_view client_frame, std::string_view* batch);

// Where a message keeps its publishes and what goes with them.
struct PublishFields {
  uint32_t messages;
  uint32_t producer_id;
  uint32_t first_sequence;
};
inline constexpr PublishFields kPublishBatchFields = {3, 1, 2};
inline constexpr PublishFields kPublishRequestFields = {1, 2, 3};

struct PublishHead {
  std::string_view producer_id;
  uint64_t first_sequence = 0;
  size_t messages = 0;
};
// Also looks at every message once, so that afterwards ForEachPublish cannot fail.
bool ParsePublishHead(std::string_view bytes, const PublishFields& fields, PublishHead* head);

// How many entries (subscriptions, ids) the largest part of a ClientFrame holds, found without making an
// object of any: a frame of a few megabytes can hold millions. Malformed bytes count as far as they go.
size_t CountEntries(std::string_view client_frame);

// Calls visit(PublishView) for each message in the given field of the bytes.
template <class Visit>
bool ForEachPublish(std::string_view bytes, uint32_t messages_field, Visit&& visit) {
  wire::WireReader reader(bytes);
  uint32_t field;
  wire::WireType type;
  while (!reader.done()) {
    if (!reader.ReadTag(&field, &type)) return false;
    if (field != messages_field || type != wire::WireType::kBytes) {
      if (!reader.Skip(type)) return false;
      continue;
    }
    std::string_view message;
    wire::PublishView publish;
    if (!reader.ReadBytes(&message) || !wire::PublishView::Parse(message, &publish)) return false;
    visit(publish);
  }
  return true;
}

}  // namespace belfry::frontend::grpc
