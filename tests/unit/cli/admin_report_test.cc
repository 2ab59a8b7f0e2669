// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/session_report.h"
#include "cli/topic_report.h"

namespace belfry::cli {
namespace {

SessionReport ParkedSession() {
  SessionReport report;
  report.session_id = "00c5a80f3b9e2d17";
  report.client_id = "web\x1b";
  report.address = "127.0.0.1:4";
  report.parked = true;
  report.slow = true;
  report.subscriptions = 2;
  report.queued_messages = 3;
  report.queued_bytes = 4096;
  report.oldest_ms = 1500;
  report.unacknowledged_bytes = 5;
  report.delivered = 6;
  report.dropped = 7;
  report.age_ms = 8000;
  report.parked_ms = 900;
  report.incarnation = 18446744073709551615u;
  return report;
}

TEST(SessionReport, Json) {
  EXPECT_EQ(SessionJson(ParkedSession()),
            R"({"session_id":"00c5a80f3b9e2d17","client_id":"web\u001b","principal":null,)"
            R"("address":"127.0.0.1:4","state":"parked","slow":true,"subscriptions":2,)"
            R"("queued_messages":3,"queued_bytes":4096,"oldest_ms":1500,)"
            R"("unacknowledged_bytes":5,"delivered":6,"dropped":7,"age_ms":8000,"parked_ms":900,)"
            R"("incarnation":"18446744073709551615"})");
  SessionReport quiet;
  quiet.principal = "mayor";
  const std::string json = SessionJson(quiet);
  EXPECT_NE(json.find(R"("principal":"mayor")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("state":"attended","slow":false)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("incarnation":null)"), std::string::npos) << json;
}

TEST(SessionReport, Text) {
  EXPECT_EQ(SessionText(ParkedSession(), Style()),
            "session         00c5a80f3b9e2d17, parked, slow\n"
            "client          web\\x1b at 127.0.0.1:4\n"
            "incarnation     18446744073709551615\n"
            "age             8.0 s, parked for 900 ms\n"
            "subscriptions   2\n"
            "queued          3 messages, 4.0 KiB, the oldest for 1.5 s\n"
            "unacknowledged  5 B\n"
            "delivered       6 messages, 7 lost\n");
}

TEST(SessionReport, RowsFitTheirColumns) {
  Table table(SessionColumns(), Style());
  AddTo(table, ParkedSession());
  const auto lines = table.Take();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].find("CLIENT"), lines[1].find("web\\x1b"));
  EXPECT_NE(lines[1].find("parked, slow"), std::string::npos);
}

constexpr int64_t kNow = 1'700'000'010'000;

TEST(TopicReport, Json) {
  TopicReport report{.topic = "town.square",
                     .subscribers = 1,
                     .nodes = 1,
                     .messages_in = 5,
                     .messages_in_per_s = 0.55,
                     .last_published_unix_ms = kNow - 10'000,
                     .incomplete = true};
  EXPECT_EQ(TopicJson(report),
            R"({"topic":"town.square","subscribers":1,"nodes":1,"messages_in":5,)"
            R"("messages_in_per_s":0.6,"last_published":"2023-11-14T22:13:20.000000Z",)"
            R"("incomplete":true})");
  EXPECT_NE(TopicJson(TopicReport()).find(R"("last_published":null)"), std::string::npos);
}

TEST(TopicReport, Text) {
  TopicReport report{.topic = "a\n", .subscribers = 2, .nodes = 1};
  EXPECT_EQ(TopicText(report, kNow, Style()),
            "topic        a\\n\n"
            "subscribers  2 on 1 node\n"
            "published    nothing in the last ten minutes\n");
  report.messages_in = 1;
  report.last_published_unix_ms = kNow - 2500;
  EXPECT_NE(TopicText(report, kNow, Style()).find("1 message (0.0/s), the last 2.5 s ago"),
            std::string::npos);
  report.incomplete = true;
  report.last_published_unix_ms = kNow + 5000;
  EXPECT_NE(TopicText(report, kNow, Style()).find("at least 1 message (0.0/s), the last 0 ms ago"),
            std::string::npos)
      << "a clock ahead of ours is no age below zero";
}

}  // namespace
}  // namespace belfry::cli
