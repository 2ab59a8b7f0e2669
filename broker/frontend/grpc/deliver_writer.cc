// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/deliver_writer.h"

#include "common/wire/wire_writer.h"

namespace belfry::frontend::grpc {
namespace {

using wire::BytesFieldSize;
using wire::WireWriter;

// Field numbers of belfry.v1; a test compares these frames with generated code.
constexpr uint32_t kServerFrameDeliverField = 4;
constexpr uint32_t kDeliverLaneField = 1;
constexpr uint32_t kDeliverMessagesField = 2;
constexpr uint32_t kSubscribeResponseBatchField = 2;
constexpr uint32_t kMessageBatchMessagesField = 1;

// design.md §8: from here on a reference is cheaper than a copy.
constexpr size_t kReferenceBytesMin = 4 << 10;
// Head of a length-delimited field: a tag of one byte and a length of at most five.
constexpr size_t kHeadBytesMax = 6;

size_t RecordsSize(uint32_t field, std::span<const Ref<const core::Record>> records) {
  size_t size = 0;
  for (const auto& record : records) size += BytesFieldSize(field, record->bytes().size());
  return size;
}

void AppendRecords(rpc::ByteChain& out, uint32_t field,
                   std::span<const Ref<const core::Record>> records) {
  for (const auto& record : records) {
    const std::string_view bytes = record->bytes();
    if (bytes.size() < kReferenceBytesMin) {
      WireWriter writer(out.Extend(BytesFieldSize(field, bytes.size())));
      writer.BytesField(field, bytes);
    } else {
      char head[kHeadBytesMax];
      WireWriter writer(head);
      writer.BytesHead(field, bytes.size());
      out.Append({head, static_cast<size_t>(writer.at() - head)});
      out.AppendReference(record, bytes);
    }
  }
}

}  // namespace

void WriteDeliverFrame(rpc::Call& call, uint32_t lane,
                       std::span<const Ref<const core::Record>> records) {
  const size_t lane_size = lane == 0 ? 0 : wire::VarintFieldSize(kDeliverLaneField, lane);
  const size_t body = lane_size + RecordsSize(kDeliverMessagesField, records);
  rpc::ByteChain& out = call.StartMessage(BytesFieldSize(kServerFrameDeliverField, body));
  WireWriter writer(out.Extend(BytesFieldSize(kServerFrameDeliverField, body) - body + lane_size));
  writer.BytesHead(kServerFrameDeliverField, body);
  if (lane != 0) writer.VarintField(kDeliverLaneField, lane);
  AppendRecords(out, kDeliverMessagesField, records);
}

void WriteBatchResponse(rpc::Call& call, std::span<const Ref<const core::Record>> records) {
  const size_t body = RecordsSize(kMessageBatchMessagesField, records);
  const size_t whole = BytesFieldSize(kSubscribeResponseBatchField, body);
  rpc::ByteChain& out = call.StartMessage(whole);
  WireWriter writer(out.Extend(whole - body));
  writer.BytesHead(kSubscribeResponseBatchField, body);
  AppendRecords(out, kMessageBatchMessagesField, records);
}

}  // namespace belfry::frontend::grpc
