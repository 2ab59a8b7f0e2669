// SPDX-License-Identifier: Apache-2.0
#include "cli/event_format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belfry::cli {
namespace {

constexpr int64_t kTime = 1'700'000'000'123'456;

TEST(EventFormat, Rfc3339) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(Rfc3339(kTime), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(Rfc3339(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(EventFormat, ALiveMessageAsJson) {
  MessageFields message{.topic = "town.square", .payload = "hello", .time_unix_us = kTime};
  EXPECT_EQ(MessageJson(message),
            R"({"type":"message","topic":"town.square","payload":"hello","headers":{},"key":null,)"
            R"("epoch":null,"offset":null,"time":"2023-11-14T22:13:20.123456Z"})");
}

TEST(EventFormat, AMessageWithAllAsJson) {
  MessageFields message{.topic = "t",
                        .payload = "x\ny",
                        .key = "k",
                        .headers = {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", "\xff"}},
                        .position = Position{18446744073709551615u, 7},
                        .time_unix_us = kTime};
  EXPECT_EQ(MessageJson(message),
            R"({"type":"message","topic":"t","payload":"x\ny","headers":{"a":["1","3"],"b":"2"},)"
            R"("headers_base64":{"c":"/w=="},"key":"k","epoch":"18446744073709551615","offset":7,)"
            R"("time":"2023-11-14T22:13:20.123456Z"})");
}

TEST(EventFormat, BytesThatAreNotTextStandInBase64) {
  MessageFields message{.topic = "t", .payload = "\xff\xfe", .key = "\x80"};
  const std::string json = MessageJson(message);
  EXPECT_NE(json.find(R"("payload_base64":"//4=")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("key_base64":"gA==")"), std::string::npos) << json;
  EXPECT_EQ(json.find(R"("payload":)"), std::string::npos) << json;
}

TEST(EventFormat, AMessageForPeopleCannotTouchTheTerminal) {
  MessageFields message{.topic = "t", .payload = "\x1b[2Jx\n# gap: no", .headers = {{"a", "\x07"}}};
  EXPECT_EQ(MessageText(message), "t \\x1b[2Jx\\n# gap: no  a=\\x07");
}

TEST(EventFormat, ThePublisherIsShownIfThereIsOne) {
  const MessageFields message{.topic = "t", .payload = "x", .publisher = "web\n1"};
  EXPECT_EQ(MessageText(message), "t x  publisher=web\\n1");
  EXPECT_NE(MessageJson(message).find(R"("publisher":"web\n1")"), std::string::npos);
  const MessageFields nobody{.topic = "t", .payload = "x"};
  EXPECT_EQ(MessageText(nobody), "t x");
  EXPECT_EQ(MessageJson(nobody).find("publisher"), std::string::npos);
}

TEST(EventFormat, ALocalOverflowSaysWhoIsTooSlow) {
  Gap gap;
  gap.cause = GapCause::kLocalOverflow;
  gap.count = 3;
  ASSERT_EQ(GapText(gap).size(), 1u);
  EXPECT_NE(GapText(gap)[0].find("what shows these lines is too slow"), std::string::npos);
  EXPECT_NE(GapJson(gap)[0].find(R"("cause":"local_overflow")"), std::string::npos);
}

TEST(EventFormat, ANoticeHasTheNameOfItsCode) {
  const Error notice{.code = Error::kLaneHalfFull, .text = "half full; read \x1b faster"};
  EXPECT_EQ(NoticeText(notice), "# notice: half full; read \\x1b faster (lane_half_full)");
  EXPECT_EQ(NoticeJson(notice),
            R"({"type":"notice","code":"lane_half_full","text":"half full; read \u001b faster"})");
}

TEST(EventFormat, WithColoursTheSameIsSaid) {
  const MessageFields message{.topic = "t", .payload = "x"};
  EXPECT_EQ(MessageText(message, Style(true)), "\x1b[36mt\x1b[0m x");
}

TEST(EventFormat, AGapNamesEachTopic) {
  Gap gap;
  gap.cause = GapCause::kOverflow;
  gap.topics = {{.topic = "a", .count = 3}, {.topic = "b", .count = 1}};
  gap.count = 4;
  EXPECT_EQ(
      GapJson(gap),
      (std::vector<std::string>{
          R"({"type":"gap","topic":"a","from":null,"to":null,"count":3,"cause":"overflow"})",
          R"({"type":"gap","topic":"b","from":null,"to":null,"count":1,"cause":"overflow"})"}));
  EXPECT_EQ(GapText(gap), (std::vector<std::string>{"# gap: 3 messages of a lost here (overflow)",
                                                    "# gap: 1 message of b lost here (overflow)"}));
}

TEST(EventFormat, AGapOfUnknownTopicsIsOneLine) {
  Gap gap;
  gap.cause = GapCause::kReconnect;
  EXPECT_EQ(
      GapJson(gap),
      (std::vector<std::string>{
          R"({"type":"gap","topic":null,"from":null,"to":null,"count":null,"cause":"reconnect"})"}));
  EXPECT_EQ(GapText(gap),
            (std::vector<std::string>{"# gap: messages may be lost here (reconnect)"}));
  gap.count = 9;
  gap.cause = GapCause::kLocalOverflow;
  EXPECT_EQ(
      GapJson(gap),
      (std::vector<std::string>{
          R"({"type":"gap","topic":null,"from":null,"to":null,"count":9,"cause":"local_overflow"})"}));
}

TEST(EventFormat, AGapInAReplayTopicHasItsOffsets) {
  Gap gap;
  gap.cause = GapCause::kRetention;
  gap.topics = {{.topic = "a", .count = 5, .epoch = 1, .from_offset = 10, .to_offset = 15}};
  EXPECT_EQ(GapJson(gap)[0],
            R"({"type":"gap","topic":"a","from":10,"to":15,"count":5,"cause":"retention"})");
}

TEST(EventFormat, Subscribed) {
  EXPECT_EQ(
      SubscribedJson("town.>"),
      R"({"type":"subscribed","filter":"town.>","verdict":"new","epoch":null,"head":null,"floor":null})");
}

TEST(EventFormat, OnlyTwoStatesAreShown) {
  StateChange change;
  change.state = State::kConnected;
  change.endpoint = "h:1";
  change.node_id = "n1";
  EXPECT_EQ(StateJson(change),
            R"({"type":"state","state":"connected","node":"n1","endpoint":"h:1","resumed":false})");
  EXPECT_EQ(StateText(change), "# connected to node n1 at h:1");
  change.state = State::kReconnecting;
  change.reason.text = "stream\nbroke";
  EXPECT_EQ(StateJson(change),
            R"({"type":"state","state":"reconnecting","reason":"stream\nbroke"})");
  EXPECT_EQ(StateText(change), "# reconnecting: stream\\nbroke");
  for (const State state : {State::kConnecting, State::kDraining, State::kClosed}) {
    change.state = state;
    EXPECT_EQ(StateJson(change), "");
    EXPECT_EQ(StateText(change), "");
  }
}

PublishOutcome Ok() {
  PublishOutcome outcome;
  outcome.kind = PublishOutcome::Kind::kOk;
  outcome.achieved = AckLevel::kAccepted;
  outcome.subscribers = 1;
  outcome.nodes = 1;
  return outcome;
}

TEST(EventFormat, AnOutcomeThatIsOk) {
  EXPECT_EQ(OutcomeJson(Ok(), std::nullopt),
            R"({"outcome":"ok","achieved":"accepted","epoch":null,"offset":null,"subscribers":1,)"
            R"("nodes":1,"error":null})");
  EXPECT_EQ(OutcomeText(Ok()), "ok: accepted, 1 subscriber on 1 node");
  EXPECT_EQ(OutcomeProblem(Ok()), "");
}

TEST(EventFormat, AnOutcomeNobodyWaitedForClaimsNothing) {
  PublishOutcome outcome;
  outcome.kind = PublishOutcome::Kind::kOk;
  outcome.achieved = AckLevel::kNone;
  EXPECT_EQ(OutcomeJson(outcome, 3),
            R"({"outcome":"ok","achieved":null,"epoch":null,"offset":null,"subscribers":null,)"
            R"("nodes":null,"error":null,"line":3})");
  EXPECT_EQ(OutcomeText(outcome), "ok: sent");
}

TEST(EventFormat, AnOutcomeThatIsNot) {
  PublishOutcome outcome;
  outcome.kind = PublishOutcome::Kind::kFailed;
  outcome.error = {3, "the payload is too large", false, 0};
  EXPECT_EQ(OutcomeJson(outcome, std::nullopt),
            R"({"outcome":"failed","achieved":null,"epoch":null,"offset":null,"subscribers":null,)"
            R"("nodes":null,"error":"the payload is too large"})");
  EXPECT_EQ(OutcomeProblem(outcome),
            "not published: the payload is too large; correct the message");
  outcome.kind = PublishOutcome::Kind::kUnknown;
  EXPECT_EQ(OutcomeText(outcome), "unknown");
  EXPECT_NE(OutcomeProblem(outcome).find("it is not known"), std::string::npos);
}

TEST(MessageText, NoTopicMakesALineAboutTheMessages) {
  MessageFields fields;
  fields.topic = "# gap: 5 messages lost here";
  fields.payload = "#";
  EXPECT_EQ(MessageText(fields, Style(false)), "\\x23 gap: 5 messages lost here #");
}

}  // namespace
}  // namespace belfry::cli
