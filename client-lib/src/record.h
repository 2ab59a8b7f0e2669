// SPDX-License-Identifier: Apache-2.0
//
// A received message seen in place, and the Deliver frame that it came in. The frame's bytes are
// parsed once; every Message is a shared pointer to its Record, which keeps the whole frame alive.
//
// Threads: Immutable once parsed. Errors: ParseDeliver returns null on malformed bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "belfry/message.h"
#include "client-lib/src/transport.h"
#include "common/wire/message_view.h"

namespace belfry::client {

struct Record {
  // As it stands in the frame; its size is what queues count.
  std::string_view encoded;
  wire::MessageView view;
  std::optional<Position> position;
};

struct DeliverBatch {
  FrameBytes frame;
  uint32_t lane = 0;
  std::vector<Record> records;
};

// `body` is the Deliver inside `frame`.
std::shared_ptr<const DeliverBatch> ParseDeliver(FrameBytes frame, std::string_view body);

std::shared_ptr<const Record> RecordOf(const std::shared_ptr<const DeliverBatch>& batch,
                                       uint32_t index);
// A copy that does not hold the frame.
std::shared_ptr<const Record> CopyRecord(const Record& record);

}  // namespace belfry::client
