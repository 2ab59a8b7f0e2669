// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/publish_decoder.h"

#include <algorithm>

namespace belfry::frontend::grpc {
namespace {

using wire::WireReader;
using wire::WireType;

// Field numbers of belfry.v1.ClientFrame; a test holds them against generated code.
constexpr uint32_t kUnsubscribeField = 3;
constexpr uint32_t kPublishField = 4;
// The last one of the oneof in this release.
constexpr uint32_t kLastFrameField = 8;

// Varints in packed form: each ends with the one byte whose high bit is clear.
size_t CountPacked(std::string_view bytes) {
  return static_cast<size_t>(std::count_if(bytes.begin(), bytes.end(), [](char byte) {
    return (static_cast<uint8_t>(byte) & 0x80) == 0;
  }));
}

size_t CountFields(std::string_view message, bool packed) {
  size_t count = 0;
  WireReader reader(message);
  uint32_t field;
  WireType type;
  while (!reader.done() && reader.ReadTag(&field, &type)) {
    std::string_view bytes;
    if (type == WireType::kBytes) {
      if (!reader.ReadBytes(&bytes)) break;
      count += packed ? CountPacked(bytes) : 1;
    } else {
      if (!reader.Skip(type)) break;
      ++count;
    }
  }
  return count;
}

}  // namespace

bool FindPublishBatch(std::string_view client_frame, std::string_view* batch) {
  bool found = false;
  WireReader reader(client_frame);
  uint32_t field;
  WireType type;
  while (!reader.done()) {
    if (!reader.ReadTag(&field, &type)) return false;
    if (field == kPublishField && type == WireType::kBytes && !found) {
      if (!reader.ReadBytes(batch)) return false;
      found = true;
    } else if (field <= kLastFrameField || !reader.Skip(type)) {
      return false;
    }
  }
  return found;
}

bool ParsePublishHead(std::string_view bytes, const PublishFields& fields, PublishHead* head) {
  *head = PublishHead{};
  WireReader reader(bytes);
  uint32_t field;
  WireType type;
  while (!reader.done()) {
    if (!reader.ReadTag(&field, &type)) return false;
    std::string_view message;
    wire::PublishView publish;
    if (field == fields.messages && type == WireType::kBytes) {
      if (!reader.ReadBytes(&message) || !wire::PublishView::Parse(message, &publish)) return false;
      ++head->messages;
    } else if (field == fields.producer_id && type == WireType::kBytes) {
      if (!reader.ReadBytes(&head->producer_id)) return false;
    } else if (field == fields.first_sequence && type == WireType::kVarint) {
      if (!reader.ReadVarint(&head->first_sequence)) return false;
    } else if (!reader.Skip(type)) {
      return false;
    }
  }
  return true;
}

size_t CountEntries(std::string_view client_frame) {
  size_t largest = 0;
  WireReader reader(client_frame);
  uint32_t field;
  WireType type;
  while (!reader.done() && reader.ReadTag(&field, &type)) {
    std::string_view bytes;
    if (type == WireType::kBytes) {
      if (!reader.ReadBytes(&bytes)) break;
      largest = std::max(largest, CountFields(bytes, field == kUnsubscribeField));
    } else if (!reader.Skip(type)) {
      break;
    }
  }
  return largest;
}

}  // namespace belfry::frontend::grpc
