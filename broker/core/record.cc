// SPDX-License-Identifier: Apache-2.0
#include "broker/core/record.h"

#include <new>

#include "common/check.h"
#include "common/wire/wire_writer.h"

namespace belfry::core {
namespace {

using wire::BytesFieldSize;
using wire::VarintFieldSize;

size_t OptionalBytesFieldSize(uint32_t field, std::string_view bytes) {
  return bytes.empty() ? 0 : BytesFieldSize(field, bytes.size());
}

size_t HeaderSize(const wire::HeaderView& header) {
  return OptionalBytesFieldSize(wire::kHeaderKeyField, header.key) +
         OptionalBytesFieldSize(wire::kHeaderValueField, header.value);
}

void WriteOptional(wire::WireWriter& writer, uint32_t field, std::string_view bytes) {
  if (!bytes.empty()) writer.BytesField(field, bytes);
}

}  // namespace

Ref<const Record> Record::Encode(const wire::PublishView& publish, const Stamp& stamp) {
  size_t size =
      OptionalBytesFieldSize(wire::kTopicField, publish.topic) +
      OptionalBytesFieldSize(wire::kPayloadField, publish.payload) +
      OptionalBytesFieldSize(wire::kKeyField, publish.key) +
      VarintFieldSize(wire::kMessageTimeField, static_cast<uint64_t>(stamp.time_unix_us)) +
      OptionalBytesFieldSize(wire::kMessagePublisherField, stamp.publisher);
  publish.headers.ForEach([&](const wire::HeaderView& header) {
    size += BytesFieldSize(wire::kHeadersField, HeaderSize(header));
  });
  BELFRY_CHECK(size <= UINT32_MAX && publish.topic.size() <= UINT16_MAX);
  BELFRY_CHECK(publish.key.size() <= UINT16_MAX);

  void* memory = ::operator new(sizeof(Record) + size);
  auto* record = new (memory) Record(static_cast<uint32_t>(size), stamp);
  wire::WireWriter writer(record->data());
  WriteOptional(writer, wire::kTopicField, publish.topic);
  record->topic_size_ = static_cast<uint16_t>(publish.topic.size());
  record->topic_offset_ = static_cast<uint16_t>(writer.at() - record->data() - record->topic_size_);
  WriteOptional(writer, wire::kPayloadField, publish.payload);
  publish.headers.ForEach([&](const wire::HeaderView& header) {
    writer.BytesHead(wire::kHeadersField, HeaderSize(header));
    WriteOptional(writer, wire::kHeaderKeyField, header.key);
    WriteOptional(writer, wire::kHeaderValueField, header.value);
  });
  WriteOptional(writer, wire::kKeyField, publish.key);
  record->key_size_ = static_cast<uint16_t>(publish.key.size());
  record->key_offset_ = static_cast<uint32_t>(writer.at() - record->data() - record->key_size_);
  writer.VarintField(wire::kMessageTimeField, static_cast<uint64_t>(stamp.time_unix_us));
  WriteOptional(writer, wire::kMessagePublisherField, stamp.publisher);
  BELFRY_CHECK(writer.at() == record->data() + size);
  return Ref<const Record>::Adopt(record);
}

}  // namespace belfry::core
