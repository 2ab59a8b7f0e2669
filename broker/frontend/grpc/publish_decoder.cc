// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/publish_decoder.h"

namespace belfry::frontend::grpc {
namespace {

// Field numbers of belfry.v1.ClientFrame and PublishBatch; a test holds them against generated
// code.
constexpr uint32_t kClientFramePublishField = 4;
constexpr uint32_t kProducerIdField = 1;
constexpr uint32_t kFirstSequenceField = 2;

}  // namespace

bool FindPublishBatch(std::string_view client_frame, std::string_view* batch) {
  wire::WireReader reader(client_frame);
  uint32_t field;
  wire::WireType type;
  return reader.ReadTag(&field, &type) && field == kClientFramePublishField &&
         type == wire::WireType::kBytes && reader.ReadBytes(batch) && reader.done();
}

bool ParsePublishBatchHead(std::string_view batch, PublishBatchHead* head) {
  *head = PublishBatchHead{};
  wire::WireReader reader(batch);
  uint32_t field;
  wire::WireType type;
  while (!reader.done()) {
    if (!reader.ReadTag(&field, &type)) return false;
    if (field == kProducerIdField && type == wire::WireType::kBytes) {
      if (!reader.ReadBytes(&head->producer_id)) return false;
    } else if (field == kFirstSequenceField && type == wire::WireType::kVarint) {
      if (!reader.ReadVarint(&head->first_sequence)) return false;
    } else if (!reader.Skip(type)) {
      return false;
    }
  }
  return true;
}

}  // namespace belfry::frontend::grpc
