// SPDX-License-Identifier: Apache-2.0
//
// Which rooms there may be. A room's id comes from a stranger's URL and becomes the second segment
// of the topic `rooms.ID`, so it must not bring a '.', a wildcard or anything that needs escaping.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace sse_node {

// 1 to 64 ASCII letters, digits, '-' or '_'.
bool IsRoomId(std::string_view id);

// What to tell whoever asked for another one.
inline constexpr std::string_view kRoomIdRule =
    "a room's id is 1 to 64 letters, digits, '-' or '_'; choose another room\n";

inline std::string TopicOf(std::string_view room_id) { return "rooms." + std::string(room_id); }

}  // namespace sse_node
