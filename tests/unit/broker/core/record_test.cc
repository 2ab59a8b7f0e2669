// SPDX-License-Identifier: Apache-2.0
#include "broker/core/record.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "belfry/v1/broker.pb.h"

namespace belfry::core {
namespace {

// The record is exactly what generated code would write for the same message.
RC_GTEST_PROP(Record, EqualsGeneratedCode, ()) {
  v1::Publish publish;
  publish.set_topic(*rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
  publish.set_payload(*rc::gen::arbitrary<std::string>());
  publish.set_key(*rc::gen::arbitrary<std::string>());
  const int headers = *rc::gen::inRange(0, 4);
  for (int i = 0; i < headers; ++i) {
    v1::Header* header = publish.add_headers();
    header->set_key(*rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
    header->set_value(*rc::gen::arbitrary<std::string>());
  }
  publish.set_ack(v1::ACK_LEVEL_ACCEPTED);
  publish.set_want_outcome(*rc::gen::arbitrary<bool>());
  const std::string bytes = publish.SerializeAsString();
  wire::PublishView view;
  RC_ASSERT(wire::PublishView::Parse(bytes, &view));
  RC_ASSERT(view.ack == 1u);
  RC_ASSERT(view.want_outcome == publish.want_outcome());

  const auto time = *rc::gen::positive<int64_t>();
  const Ref<const Record> record =
      Record::Encode(view, {.time_unix_us = time, .publisher = "someone"});

  v1::Message expected;
  expected.set_topic(publish.topic());
  expected.set_payload(publish.payload());
  expected.set_key(publish.key());
  *expected.mutable_headers() = publish.headers();
  expected.set_time_unix_us(time);
  expected.set_publisher("someone");
  RC_ASSERT(record->bytes() == expected.SerializeAsString());
  RC_ASSERT(record->topic() == publish.topic());

  wire::MessageView read;
  RC_ASSERT(wire::MessageView::Parse(record->bytes(), &read));
  RC_ASSERT(read.payload == publish.payload());
  RC_ASSERT(read.headers.size() == static_cast<uint32_t>(headers));
  int i = 0;
  read.headers.ForEach([&](const wire::HeaderView& header) {
    RC_ASSERT(header.key == publish.headers(i).key());
    RC_ASSERT(header.value == publish.headers(i).value());
    ++i;
  });
  RC_ASSERT(i == headers);
}

TEST(Record, ALargePayloadKeepsItsTopic) {
  wire::PublishView publish;
  const std::string payload(1 << 20, 'p');
  publish.topic = "some.topic";
  publish.payload = payload;
  const Ref<const Record> record = Record::Encode(publish, {});
  EXPECT_EQ(record->topic(), "some.topic");
  EXPECT_GT(record->memory_bytes(), payload.size());
}

}  // namespace
}  // namespace belfry::core
