// SPDX-License-Identifier: Apache-2.0
#include "common/wire/message_view.h"

namespace belfry::wire {
namespace {

struct HeaderTotals {
  uint32_t count = 0;
  size_t bytes = 0;
};

// Reads a field that Message and Publish have in common. False: malformed.
template <class View>
bool ReadCommonField(WireReader& reader, uint32_t field, WireType type, View* view,
                     HeaderTotals* totals) {
  if (type != WireType::kBytes || field == 0 || field > kKeyField) return reader.Skip(type);
  std::string_view bytes;
  if (!reader.ReadBytes(&bytes)) return false;
  switch (field) {
    case kTopicField:
      view->topic = bytes;
      break;
    case kPayloadField:
      view->payload = bytes;
      break;
    case kHeadersField: {
      HeaderView header;
      if (!HeadersView::ParseHeader(bytes, &header)) return false;
      ++totals->count;
      totals->bytes += bytes.size();
      break;
    }
    case kKeyField:
      view->key = bytes;
      break;
  }
  return true;
}

}  // namespace

bool HeadersView::ParseHeader(std::string_view bytes, HeaderView* header) {
  *header = HeaderView{};
  WireReader reader(bytes);
  uint32_t field;
  WireType type;
  while (!reader.done()) {
    if (!reader.ReadTag(&field, &type)) return false;
    if (type == WireType::kBytes && field == kHeaderKeyField) {
      if (!reader.ReadBytes(&header->key)) return false;
    } else if (type == WireType::kBytes && field == kHeaderValueField) {
      if (!reader.ReadBytes(&header->value)) return false;
    } else if (!reader.Skip(type)) {
      return false;
    }
  }
  return true;
}

bool MessageView::Parse(std::string_view bytes, MessageView* message) {
  *message = MessageView{};
  HeaderTotals headers;
  WireReader reader(bytes);
  uint32_t field;
  WireType type;
  while (!reader.done()) {
    if (!reader.ReadTag(&field, &type)) return false;
    if (field == kMessageTimeField && type == WireType::kVarint) {
      uint64_t time;
      if (!reader.ReadVarint(&time)) return false;
      message->time_unix_us = static_cast<int64_t>(time);
    } else if (field == kMessagePublisherField && type == WireType::kBytes) {
      if (!reader.ReadBytes(&message->publisher)) return false;
    } else if (!ReadCommonField(reader, field, type, message, &headers)) {
      return false;
    }
  }
  message->headers = HeadersView(bytes, headers.count, headers.bytes);
  return true;
}

bool PublishView::Parse(std::string_view bytes, PublishView* publish) {
  *publish = PublishView{};
  HeaderTotals headers;
  WireReader reader(bytes);
  uint32_t field;
  WireType type;
  while (!reader.done()) {
    if (!reader.ReadTag(&field, &type)) return false;
    if (type == WireType::kVarint &&
        (field == kPublishAckField || field == kPublishWantOutcomeField)) {
      uint64_t value;
      if (!reader.ReadVarint(&value)) return false;
      if (field == kPublishAckField) {
        publish->ack = static_cast<uint32_t>(value);
      } else {
        publish->want_outcome = value != 0;
      }
    } else if (!ReadCommonField(reader, field, type, publish, &headers)) {
      return false;
    }
  }
  publish->headers = HeadersView(bytes, headers.count, headers.bytes);
  return true;
}

}  // namespace belfry::wire
