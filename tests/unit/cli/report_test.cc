// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "cli/node_report.h"
#include "cli/pub_summary.h"

namespace belfry::cli {
namespace {

PublishOutcome Outcome(PublishOutcome::Kind kind, std::string text) {
  PublishOutcome outcome;
  outcome.kind = kind;
  outcome.error.text = std::move(text);
  return outcome;
}

TEST(PubSummary, AllOk) {
  PubSummary summary;
  for (int i = 0; i < 3; ++i) summary.Add(Outcome(PublishOutcome::Kind::kOk, ""));
  EXPECT_TRUE(summary.all_ok());
  EXPECT_EQ(SummaryProblem(summary), "");
  EXPECT_EQ(SummaryJson(summary),
            R"({"outcome":"ok","achieved":null,"epoch":null,"offset":null,"subscribers":null,)"
            R"("nodes":null,"error":null,"messages":3,"ok":3,"failed":0,"unknown":0,)"
            R"("seconds":0.000})");
}

TEST(PubSummary, WhatWasAchievedIsToldOnlyIfItIsTheSameForAll) {
  using Kind = PublishOutcome::Kind;
  PublishOutcome accepted = Outcome(Kind::kOk, "");
  accepted.achieved = AckLevel::kAccepted;
  PublishOutcome stored = accepted;
  stored.achieved = AckLevel::kStored;
  for (const auto& [others, told] :
       {std::pair(accepted, R"("achieved":"accepted",)"), std::pair(stored, R"("achieved":null,)"),
        std::pair(Outcome(Kind::kFailed, "too large"), R"("achieved":null,)")}) {
    PubSummary summary;
    summary.Add(accepted);
    summary.Add(others);
    summary.Add(accepted);
    EXPECT_NE(SummaryJson(summary).find(told), std::string::npos) << SummaryJson(summary);
  }
}

TEST(PubSummary, TellsTheFirstProblemAndTheLeastCertainOutcome) {
  PubSummary summary;
  summary.Add(Outcome(PublishOutcome::Kind::kOk, ""));
  summary.Add(Outcome(PublishOutcome::Kind::kFailed, "too large"));
  summary.Add(Outcome(PublishOutcome::Kind::kUnknown, "broken"));
  EXPECT_FALSE(summary.all_ok());
  EXPECT_EQ(SummaryJson(summary),
            R"({"outcome":"unknown","achieved":null,"epoch":null,"offset":null,"subscribers":null,)"
            R"("nodes":null,"error":"too large","messages":3,"ok":1,"failed":1,"unknown":1,)"
            R"("seconds":0.000})");
  EXPECT_EQ(
      SummaryProblem(summary),
      "2 of 3 messages are not certain, the first: not published: too large; correct the message");
}

TEST(NodeReport, Json) {
  NodeReport report;
  report.node_id = "n1";
  report.ready = true;
  report.reasons = {"a", "b\""};
  report.messages_in_per_s = 12.34;
  const std::string json = NodeJson(report);
  EXPECT_NE(json.find(R"("node":"n1")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("ready":true,"reasons":["a","b\""])"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("messages_in_per_s":12.3)"), std::string::npos) << json;
}

TEST(NodeReport, AllThatIsKnownIsShown) {
  NodeReport report;
  report.sessions_parked = 11;
  report.sessions_resumed = 12;
  report.dropped = 13;
  report.shed = 14;
  report.conflated = 15;
  report.memory_used = 16 << 20;
  report.memory_limit = 64 << 20;
  report.topics_tracked = 17;
  report.messages_untracked = 18;
  const std::string json = NodeJson(report);
  for (const char* const part :
       {R"("sessions_parked":11)", R"("sessions_resumed":12)", R"("dropped":13)", R"("shed":14)",
        R"("conflated":15)", R"("memory_used":16777216)", R"("memory_limit":67108864)",
        R"("topics_tracked":17)", R"("messages_untracked":18)"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
  const std::string text = NodeText(report, Style());
  for (const char* const part :
       {"11 parked now, 12 resumed", "13 lost, 15 replaced", "17 tracked, 18 messages to others",
        "16.0 MiB of 64.0 MiB (25 %), 14 messages shed"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
  }
  report.memory_limit = 0;
  EXPECT_EQ(MemoryText(report), "16.0 MiB, no limit");
}

TEST(NodeReport, TextSaysWhyItIsNotReady) {
  NodeReport report;
  report.reasons = {"draining"};
  report.uptime_ms = 3'661'000;
  const std::string text = NodeText(report, Style());
  EXPECT_NE(text.find("not ready, up 1 h 1 min"), std::string::npos) << text;
  EXPECT_NE(text.find("because       draining"), std::string::npos) << text;
}

}  // namespace
}  // namespace belfry::cli
