// SPDX-License-Identifier: Apache-2.0
#include "tests/support/frame_maker.h"

#include <array>
#include <string_view>

namespace belfry::test {
namespace {

constexpr std::array<std::string_view, 8> kTopics = {"a", "b",  "a.b",  "a.b.c",
                                                     "",  "$a", "a..b", "a\x01"};
// Identifiers of subscriptions rise from 1.
constexpr size_t kIdsMax = 12;

}  // namespace

std::string FrameMaker::Topic() {
  const size_t which = source_.Below(kTopics.size() + 1);
  return which == kTopics.size() ? std::string(600, 'a') : std::string(kTopics[which]);
}

void FrameMaker::FillError(v1::Error* error) {
  error->set_text("broker");
  error->set_code(static_cast<uint32_t>(source_.Number()));
  error->set_retryable(source_.Flag());
  error->set_retry_after_ms(static_cast<uint32_t>(source_.Number()));
}

v1::ServerFrame FrameMaker::Welcome() {
  v1::ServerFrame frame;
  v1::Welcome* welcome = frame.mutable_welcome();
  const uint8_t how = source_.Byte();
  welcome->set_version(1);
  welcome->set_node_id("node");
  welcome->set_resumed(how % 2 == 1);
  if (how % 16 != 2) welcome->set_resume_token("0123456789abcdef");
  welcome->set_publishes_through(source_.Number());
  welcome->set_heartbeat_ms(how % 4 == 3 ? static_cast<uint32_t>(source_.Number()) : 5000);
  if (how >= 192) {
    welcome->mutable_limits()->set_payload_bytes(source_.Number());
    welcome->mutable_limits()->set_frame_bytes(source_.Number());
    welcome->mutable_limits()->set_topic_bytes(static_cast<uint32_t>(source_.Number()));
  }
  return frame;
}

v1::ServerFrame FrameMaker::SubscribeResults() {
  v1::ServerFrame frame;
  for (size_t count = source_.Below(8); count > 0; --count) {
    v1::SubscribeResult* result = frame.mutable_subscribed()->add_results();
    const uint8_t how = source_.Byte();
    result->set_id(how == 255 ? static_cast<uint32_t>(source_.Number())
                              : static_cast<uint32_t>(how % kIdsMax));
    // Usually it works.
    if (how >= 224) result->set_verdict(static_cast<v1::Verdict>(source_.Below(9)));
    if (how >= 192) result->set_lane(static_cast<uint32_t>(source_.Below(3)));
    if (how >= 240) FillError(result->mutable_error());
  }
  if (!frame.has_subscribed()) {
    // All of them.
    for (uint32_t id = 1; id < kIdsMax; ++id) frame.mutable_subscribed()->add_results()->set_id(id);
  }
  return frame;
}

v1::ServerFrame FrameMaker::Deliver() {
  v1::ServerFrame frame;
  v1::Deliver* deliver = frame.mutable_deliver();
  const uint8_t how = source_.Byte();
  if (how >= 192) deliver->set_lane(static_cast<uint32_t>(source_.Below(3)));
  for (int count = how % 8; count > 0; --count) {
    v1::Message* message = deliver->add_messages();
    message->set_topic(Topic());
    message->set_payload(std::string(source_.Byte(), 'm'));
    message->set_key(std::string(source_.Below(2), 'k'));
  }
  for (int count = how >= 224 ? how % 4 : 0; count > 0; --count) {
    v1::Run* run = deliver->add_runs();
    run->set_epoch(source_.Number());
    run->set_base_offset(source_.Number());
    run->set_count(static_cast<uint32_t>(source_.Number()));
    run->set_first_index(static_cast<uint32_t>(source_.Number()));
  }
  return frame;
}

v1::ServerFrame FrameMaker::Gap() {
  v1::ServerFrame frame;
  v1::Gap* gap = frame.mutable_gap();
  const uint8_t how = source_.Byte();
  if (how >= 192) gap->set_lane(static_cast<uint32_t>(source_.Below(3)));
  gap->set_cause(static_cast<v1::GapCause>(how % 8));
  gap->set_count_known(how % 16 < 8);
  gap->set_count(source_.Number());
  for (int count = how % 5; count > 0; --count) {
    v1::TopicGap* topic = gap->add_topics();
    topic->set_topic(Topic());
    topic->set_count(source_.Number());
    topic->set_epoch(source_.Number());
    topic->set_from_offset(source_.Number());
    topic->set_to_offset(source_.Number());
  }
  return frame;
}

v1::ServerFrame FrameMaker::PublishResults(std::string_view producer_id, uint64_t last_sequence) {
  v1::ServerFrame frame;
  v1::PublishResults* results = frame.mutable_published();
  const uint8_t how = source_.Byte();
  results->set_producer_id(how == 255 ? source_.Bytes(16) : std::string(producer_id));
  results->set_ok_through(how % 2 == 0 ? last_sequence : source_.Number());
  for (int count = how % 4; count > 0; --count) {
    v1::PublishOutcome* outcome = results->add_outcomes();
    const uint64_t back = source_.Below(8);
    outcome->set_sequence(how < 128 ? last_sequence - back : source_.Number());
    outcome->set_outcome(static_cast<v1::Outcome>(source_.Below(4)));
    outcome->set_achieved(static_cast<v1::AckLevel>(source_.Below(6)));
    if (how >= 192) outcome->mutable_position()->set_offset(source_.Number());
    if (outcome->outcome() != v1::OUTCOME_OK) FillError(outcome->mutable_error());
  }
  return frame;
}

v1::ServerFrame FrameMaker::GoAway() {
  v1::ServerFrame frame;
  v1::GoAway* go_away = frame.mutable_go_away();
  const uint8_t how = source_.Byte();
  go_away->set_after_ms(how % 2 == 0 ? 0 : static_cast<uint32_t>(source_.Number()));
  if (how >= 128) FillError(go_away->mutable_reason());
  constexpr std::array<std::string_view, 4> kTargets = {"other:7450", "", "no port", "dns:///x:1"};
  for (int count = how % 4; count > 0; --count) {
    go_away->add_targets(std::string(source_.Pick(kTargets)));
  }
  return frame;
}

v1::ServerFrame FrameMaker::Other() {
  v1::ServerFrame frame;
  const uint8_t how = source_.Byte();
  switch (how % 3) {
    case 0:
      frame.mutable_heartbeat()->set_nonce(source_.Number());
      break;
    case 1:
      FillError(frame.mutable_notice()->mutable_error());
      break;
    default:
      frame.mutable_attached()->set_topic(Topic());
      frame.mutable_attached()->set_lane(static_cast<uint32_t>(source_.Number()));
      break;
  }
  return frame;
}

std::string FrameMaker::Unknown() {
  // Fields 10 to 15, so that the tag is one byte; length-delimited.
  const char tag = static_cast<char>((10 + source_.Below(6)) << 3 | 2);
  const std::string body = source_.Bytes(source_.Below(100));
  return std::string{tag, static_cast<char>(body.size())} + body;
}

std::string FrameMaker::Spoilt(std::string bytes) {
  if (bytes.empty()) return bytes;
  const size_t at = source_.Number() % bytes.size();
  if (source_.Flag()) return bytes.substr(0, at);
  bytes[at] = static_cast<char>(source_.Byte());
  return bytes;
}

}  // namespace belfry::test
