// SPDX-License-Identifier: Apache-2.0
//
// Deliver: { 1: lane varint, 2: Message*, 3: Run* }
// Run:     { 1: topic, 2: epoch fixed64, 3: base_offset, 4: count, 5: first_index }
// Runs may stand before or after the messages they are about.
#include "client-lib/src/record.h"

#include <algorithm>
#include <string>
#include <utility>

#include "belfry/v1/broker.pb.h"
#include "common/check.h"
#include "common/wire/wire_reader.h"

namespace belfry::client {
namespace {

constexpr uint32_t kLaneField = 1;
constexpr uint32_t kMessagesField = 2;
constexpr uint32_t kRunsField = 3;

// Runs are rare beside messages, so generated code is good enough for them.
bool ApplyRun(std::string_view bytes, std::vector<Record>& records) {
  v1::Run run;
  if (!run.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  const uint64_t end = uint64_t{run.first_index()} + run.count();
  if (end > records.size()) return false;
  for (uint64_t i = run.first_index(); i < end; ++i) {
    records[i].position = Position{run.epoch(), run.base_offset() + (i - run.first_index())};
  }
  return true;
}

struct CopiedRecord {
  std::string bytes;
  Record record;
};

}  // namespace

std::shared_ptr<const DeliverBatch> ParseDeliver(FrameBytes frame, std::string_view body) {
  auto batch = std::make_shared<DeliverBatch>();
  batch->frame = std::move(frame);
  std::vector<std::string_view> runs;
  wire::WireReader reader(body);
  uint32_t field;
  wire::WireType type;
  while (!reader.done()) {
    if (!reader.ReadTag(&field, &type)) return nullptr;
    if (field == kMessagesField && type == wire::WireType::kBytes) {
      Record record;
      if (!reader.ReadBytes(&record.encoded)) return nullptr;
      if (!wire::MessageView::Parse(record.encoded, &record.view)) return nullptr;
      // Most frames hold messages of about one size. A guess that is wrong costs no more than
      // memory of the frame's own size.
      if (batch->records.empty()) {
        batch->records.reserve(1 + body.size() / std::max(record.encoded.size(), sizeof(Record)));
      }
      batch->records.push_back(std::move(record));
    } else if (field == kRunsField && type == wire::WireType::kBytes) {
      std::string_view run;
      if (!reader.ReadBytes(&run)) return nullptr;
      runs.push_back(run);
    } else if (field == kLaneField && type == wire::WireType::kVarint) {
      uint64_t lane;
      if (!reader.ReadVarint(&lane)) return nullptr;
      batch->lane = static_cast<uint32_t>(lane);
    } else if (!reader.Skip(type)) {
      return nullptr;
    }
  }
  for (const std::string_view run : runs) {
    if (!ApplyRun(run, batch->records)) return nullptr;
  }
  return batch;
}

std::shared_ptr<const Record> RecordOf(const std::shared_ptr<const DeliverBatch>& batch,
                                       uint32_t index) {
  return std::shared_ptr<const Record>(batch, &batch->records[index]);
}

std::shared_ptr<const Record> CopyRecord(const Record& record) {
  auto copy = std::make_shared<CopiedRecord>();
  copy->bytes.assign(record.encoded);
  copy->record.encoded = copy->bytes;
  copy->record.position = record.position;
  BELFRY_CHECK(wire::MessageView::Parse(copy->record.encoded, &copy->record.view));
  return std::shared_ptr<const Record>(copy, &copy->record);
}

}  // namespace belfry::client
