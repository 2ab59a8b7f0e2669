// SPDX-License-Identifier: Apache-2.0
#include "common/wire/message_view.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "belfry/v1/broker.pb.h"
#include "common/wire/wire_writer.h"

namespace belfry::wire {
namespace {

TEST(MessageView, FieldNumbersAreThoseOfTheProtoFile) {
  EXPECT_EQ(kTopicField, v1::Message::kTopicFieldNumber);
  EXPECT_EQ(kPayloadField, v1::Message::kPayloadFieldNumber);
  EXPECT_EQ(kHeadersField, v1::Message::kHeadersFieldNumber);
  EXPECT_EQ(kKeyField, v1::Message::kKeyFieldNumber);
  EXPECT_EQ(kMessageTimeField, v1::Message::kTimeUnixUsFieldNumber);
  EXPECT_EQ(kMessagePublisherField, v1::Message::kPublisherFieldNumber);
  EXPECT_EQ(kTopicField, v1::Publish::kTopicFieldNumber);
  EXPECT_EQ(kPayloadField, v1::Publish::kPayloadFieldNumber);
  EXPECT_EQ(kHeadersField, v1::Publish::kHeadersFieldNumber);
  EXPECT_EQ(kKeyField, v1::Publish::kKeyFieldNumber);
  EXPECT_EQ(kPublishAckField, v1::Publish::kAckFieldNumber);
  EXPECT_EQ(kPublishWantOutcomeField, v1::Publish::kWantOutcomeFieldNumber);
  EXPECT_EQ(kHeaderKeyField, v1::Header::kKeyFieldNumber);
  EXPECT_EQ(kHeaderValueField, v1::Header::kValueFieldNumber);
}

// Whatever generated code accepts the view accepts too, with the same values; random bytes never
// make it read beyond their end (the address sanitizer watches).
RC_GTEST_PROP(MessageView, AgreesWithGeneratedCodeOnRandomBytes, ()) {
  std::string bytes = *rc::gen::arbitrary<std::string>();
  if (*rc::gen::arbitrary<bool>()) {
    v1::Message message;
    message.set_topic("topic");
    message.set_payload(*rc::gen::arbitrary<std::string>());
    message.set_time_unix_us(*rc::gen::arbitrary<int64_t>());
    bytes = message.SerializeAsString();
    const size_t cut = *rc::gen::inRange<size_t>(0, bytes.size() + 1);
    bytes.resize(cut);
  }
  v1::Message parsed;
  MessageView view;
  const bool ok = MessageView::Parse(bytes, &view);
  if (!parsed.ParseFromString(bytes)) return;  // the view may be laxer, for it does not judge UTF-8
  RC_ASSERT(ok || bytes.find_first_of("\x0b\x13\x1b\x23\x2b\x33") != std::string::npos);
  if (!ok) return;
  RC_ASSERT(view.topic == parsed.topic());
  RC_ASSERT(view.payload == parsed.payload());
  RC_ASSERT(view.time_unix_us == parsed.time_unix_us());
}

TEST(WireWriter, VarintSizeIsWhatVarintWrites) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const uint64_t value : {uint64_t{1} << shift, (uint64_t{1} << shift) - 1}) {
      char buffer[10];
      WireWriter writer(buffer);
      writer.Varint(value);
      EXPECT_EQ(static_cast<size_t>(writer.at() - buffer), VarintSize(value)) << value;
      WireReader reader({buffer, VarintSize(value)});
      uint64_t read;
      ASSERT_TRUE(reader.ReadVarint(&read));
      EXPECT_EQ(read, value);
      EXPECT_TRUE(reader.done());
    }
  }
}

TEST(WireReader, RefusesWhatIsNotWhole) {
  uint64_t value;
  std::string_view bytes;
  uint32_t field;
  WireType type;
  EXPECT_FALSE(WireReader("").ReadVarint(&value));
  EXPECT_FALSE(WireReader("\x80").ReadVarint(&value));
  EXPECT_FALSE(WireReader(std::string(11, '\xff')).ReadVarint(&value));
  EXPECT_FALSE(WireReader("\x05"
                          "four")
                   .ReadBytes(&bytes));
  EXPECT_FALSE(WireReader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").ReadBytes(&bytes));
  EXPECT_FALSE(WireReader(std::string(1, '\0')).ReadTag(&field, &type));  // field 0
  EXPECT_FALSE(WireReader("abc").Skip(WireType::kFixed32));
  EXPECT_FALSE(WireReader("abc").Skip(static_cast<WireType>(3)));  // a group
}

}  // namespace
}  // namespace belfry::wire
