// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/record.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "belfry/v1/broker.pb.h"

namespace belfry::client {
namespace {

std::shared_ptr<const DeliverBatch> Parse(const std::string& body) {
  auto owner = std::make_shared<std::string>(body);
  return ParseDeliver(FrameBytes{owner, *owner}, *owner);
}

v1::Deliver Example() {
  v1::Deliver deliver;
  deliver.set_lane(3);
  v1::Message* full = deliver.add_messages();
  full->set_topic("orders.eu");
  full->set_payload("payload");
  full->set_key("key");
  full->set_time_unix_us(1'700'000'000'123'456);
  full->set_publisher("alice");
  for (const char* value : {"1", "2"}) {
    v1::Header* header = full->add_headers();
    header->set_key("n");
    header->set_value(value);
  }
  deliver.add_messages()->set_topic("bare");
  return deliver;
}

TEST(Record, EveryFieldReachesThePublicMessage) {
  const auto batch = Parse(Example().SerializeAsString());
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->lane, 3u);
  ASSERT_EQ(batch->records.size(), 2u);
  const Message message(RecordOf(batch, 0));
  EXPECT_EQ(message.topic(), "orders.eu");
  EXPECT_EQ(message.payload(), "payload");
  EXPECT_EQ(message.key(), "key");
  EXPECT_EQ(message.publisher(), "alice");
  EXPECT_EQ(message.time().time_since_epoch(), std::chrono::microseconds(1'700'000'000'123'456));
  EXPECT_FALSE(message.position().has_value());
  std::string headers;
  message.ForEachHeader([&](std::string_view name, std::string_view value) {
    headers += std::string(name) + "=" + std::string(value) + ";";
  });
  EXPECT_EQ(headers, "n=1;n=2;");
  EXPECT_EQ(message.Header("n"), "1");
  EXPECT_EQ(message.Header("none"), std::nullopt);
  EXPECT_EQ(Message(RecordOf(batch, 1)).topic(), "bare");
}

TEST(Record, AMessageKeepsItsBytes) {
  std::optional<Message> kept;
  {
    const auto batch = Parse(Example().SerializeAsString());
    kept.emplace(RecordOf(batch, 0));
  }
  EXPECT_EQ(kept->payload(), "payload");
  const auto copied = CopyRecord(*RecordOf(Parse(Example().SerializeAsString()), 0));
  EXPECT_EQ(Message(copied).Header("n"), "1");
}

TEST(Record, RunsGivePositionsAndMustFit) {
  v1::Deliver deliver = Example();
  v1::Run* run = deliver.add_runs();
  run->set_epoch(77);
  run->set_base_offset(1000);
  run->set_first_index(1);
  run->set_count(1);
  auto batch = Parse(deliver.SerializeAsString());
  ASSERT_NE(batch, nullptr);
  EXPECT_FALSE(batch->records[0].position.has_value());
  EXPECT_EQ(batch->records[1].position, (Position{77, 1000}));
  run->set_count(2);
  EXPECT_EQ(Parse(deliver.SerializeAsString()), nullptr);
  run->set_count(UINT32_MAX);
  EXPECT_EQ(Parse(deliver.SerializeAsString()), nullptr);
}

TEST(Record, MalformedBytesAreRefusedNotRead) {
  const std::string good = Example().SerializeAsString();
  int refused = 0;
  for (size_t size = 0; size < good.size(); ++size) {
    if (Parse(good.substr(0, size)) == nullptr) ++refused;
  }
  // Some prefixes are whole frames of fewer fields.
  EXPECT_GT(refused, static_cast<int>(good.size()) - 6);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x80);
    Parse(flipped);
  }
}

}  // namespace
}  // namespace belfry::client
