// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/frames.h"

#include "common/wire/wire_reader.h"

namespace belfry::client {

bool ReadServerFrameHead(std::string_view bytes, ServerFrameHead* head) {
  wire::WireReader reader(bytes);
  bool found = false;
  uint32_t field;
  wire::WireType type;
  while (!reader.done()) {
    if (!reader.ReadTag(&field, &type)) return false;
    if (type != wire::WireType::kBytes) {
      if (!reader.Skip(type)) return false;
      continue;
    }
    // Of a oneof the last one counts.
    if (!reader.ReadBytes(&head->body)) return false;
    head->kind = static_cast<ServerFrameKind>(field);
    found = true;
  }
  return found;
}

OutFrame Encode(const v1::ClientFrame& frame) {
  return OutFrame{std::make_shared<const std::string>(frame.SerializeAsString()), 0};
}

}  // namespace belfry::client
