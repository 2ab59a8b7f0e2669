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

TEST(NodeReport, TextSaysWhyItIsNotReady) {
  NodeReport report;
  report.reasons = {"draining"};
  report.uptime_ms = 3'661'000;
  const std::string text = NodeText(report);
  EXPECT_NE(text.find("not ready, up 1 h 1 min"), std::string::npos) << text;
  EXPECT_NE(text.find("because       draining"), std::string::npos) << text;
}

}  // namespace
}  // namespace belfry::cli
