// SPDX-License-Identifier: Apache-2.0
#include "client-lib/examples/sse_node/room_id.h"

#include <algorithm>

namespace sse_node {

bool IsRoomId(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), allowed);
}

}  // namespace sse_node
