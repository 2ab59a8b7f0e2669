// SPDX-License-Identifier: Apache-2.0
//
// The outer shell of frames: which kind a ServerFrame is, and ClientFrames of the small kinds.
// Publish batches are encoded by publish_queue.cc, Delivers parsed by record.cc.
//
// Threads: Thread-safe, pure functions.
#pragma once

#include <cstdint>
#include <string_view>

#include "belfry/v1/broker.pb.h"
#include "client-lib/src/transport.h"

namespace belfry::client {

// The field numbers of ServerFrame's oneof.
enum class ServerFrameKind : uint32_t {
  kWelcome = 1,
  kSubscribed = 2,
  kAttached = 3,
  kDeliver = 4,
  kGap = 5,
  kPublished = 6,
  kHeartbeat = 7,
  kGoAway = 8,
  kNotice = 9,
};

struct ServerFrameHead {
  ServerFrameKind kind;
  std::string_view body;

  // Counted in acknowledgements; kinds of a newer broker are, too.
  bool numbered() const {
    return kind != ServerFrameKind::kWelcome && kind != ServerFrameKind::kHeartbeat &&
           kind != ServerFrameKind::kGoAway && kind != ServerFrameKind::kNotice;
  }
};

// False: not one well-formed frame.
bool ReadServerFrameHead(std::string_view bytes, ServerFrameHead* head);

template <class Proto>
bool ParseBody(std::string_view body, Proto* message) {
  return message->ParseFromArray(body.data(), static_cast<int>(body.size()));
}

OutFrame Encode(const v1::ClientFrame& frame);

}  // namespace belfry::client
