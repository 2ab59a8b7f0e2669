// SPDX-License-Identifier: Apache-2.0
#include "cli/top_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "cli/display_width.h"
#include "cli/ranking.h"

namespace belfry::cli {
namespace {

constexpr int64_t kTime = 1'700'000'000'123'456;

TopView Busy() {
  TopView view;
  view.time_unix_us = kTime;
  view.node = NodeReport();
  view.node->node_id = "n1";
  view.node->server = "127.0.0.1:7450";
  view.node->ready = true;
  view.node->messages_in_per_s = 12.5;
  view.node->dropped = 3;
  view.lost_per_s = 2.0;
  view.cpu_percent = 34.0;
  for (int i = 0; i < 40; ++i) {
    TopicReport topic;
    topic.topic = "topic." + std::to_string(i) + ".鐘楼" + std::string(60, 'x');
    topic.messages_in_per_s = 100 - i;
    view.topics.push_back(topic);
    SessionReport session;
    session.session_id = "session" + std::to_string(i);
    session.slow = i == 0;
    view.sessions.push_back(session);
  }
  return view;
}

bool Holds(const std::vector<std::string>& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != line.npos; });
}

size_t Count(const std::vector<std::string>& lines, std::string_view text) {
  return std::count_if(lines.begin(), lines.end(),
                       [&](const std::string& line) { return line.find(text) != line.npos; });
}

TEST(TopScreen, FillsTheUsualTerminal) {
  const auto lines = TopScreen(Busy(), ScreenSize{24, 80}, Style());
  EXPECT_EQ(lines.size(), 24u);
  EXPECT_TRUE(Holds(lines, "node n1 at 127.0.0.1:7450   ready"));
  EXPECT_TRUE(Holds(lines, "in 12.5/s"));
  EXPECT_TRUE(Holds(lines, "lost 3 (2/s)"));
  EXPECT_TRUE(Holds(lines, "CPU 34 %"));
  EXPECT_TRUE(Holds(lines, "RATE/S"));
  EXPECT_TRUE(Holds(lines, "OLDEST"));
  EXPECT_EQ(Count(lines, "topic."), 8u) << "half of what is left";
  EXPECT_EQ(Count(lines, "session"), 7u + 1) << "and the figures";
  EXPECT_EQ(lines.back(), "q quits   22:13:20Z");
}

TEST(TopScreen, FitsAnyWindow) {
  for (const TopView& view : {Busy(), TopView()}) {
    for (size_t rows = 0; rows < 40; ++rows) {
      for (const size_t columns : {0, 1, 2, 20, 79, 80, 200}) {
        const auto lines = TopScreen(view, ScreenSize{rows, columns}, Style());
        EXPECT_LE(lines.size(), rows);
        for (const std::string& line : lines) EXPECT_LE(DisplayWidth(line), columns) << line;
      }
    }
  }
}

TEST(TopScreen, SmallWindowsKeepTheHottestTopics) {
  const auto lines = TopScreen(Busy(), ScreenSize{6, 60}, Style());
  EXPECT_TRUE(Holds(lines, "in 12.5/s"));
  EXPECT_TRUE(Holds(lines, "topic.0"));
  EXPECT_FALSE(Holds(lines, "session0"));
}

TEST(TopScreen, WhatOneTableDoesNotNeedIsTheOthers) {
  TopView view = Busy();
  view.sessions.resize(1);
  EXPECT_EQ(Count(TopScreen(view, ScreenSize{24, 80}, Style()), "topic."), 14u);
  view = Busy();
  view.topics.clear();
  const auto lines = TopScreen(view, ScreenSize{24, 80}, Style());
  EXPECT_TRUE(Holds(lines, "no topics"));
  EXPECT_EQ(Count(lines, "session"), 14u + 1);
}

TEST(TopScreen, SaysThatTheBrokerIsAway) {
  TopView view = Busy();
  view.problem = "refused\x1b";
  const auto lines = TopScreen(view, ScreenSize{24, 80}, Style());
  EXPECT_EQ(lines.size(), 24u);
  EXPECT_EQ(lines[1], "trying again: refused\\x1b");
  EXPECT_TRUE(Holds(lines, "topic.0")) << "what was known last stays";
  EXPECT_FALSE(Holds(TopScreen(Busy(), ScreenSize{24, 80}, Style()), "trying again"));
}

TEST(TopScreen, SaysWhatIsNotFreshOrNotComplete) {
  TopView view = Busy();
  view.lists_age_ms = 12'000;
  view.topics_incomplete = true;
  const auto lines = TopScreen(view, ScreenSize{24, 120}, Style());
  EXPECT_TRUE(Holds(lines, "as of 12.0 s ago"));
  EXPECT_TRUE(Holds(lines, "incomplete: see limits.topics"));
}

TEST(TopScreen, SlowSessionsAreMarked) {
  const auto lines = TopScreen(Busy(), ScreenSize{24, 80}, Style(true));
  for (const std::string& line : lines) {
    if (line.find("  session") == std::string::npos) continue;
    EXPECT_EQ(line.find("\x1b[33m") == 0, line.find("session0") != std::string::npos) << line;
  }
  EXPECT_TRUE(Holds(lines, "attended, slow  session0"));
}

TEST(TopJson, HoldsTheForemost) {
  const std::string json = TopJson(Busy());
  EXPECT_EQ(
      json.rfind(R"({"time":"2023-11-14T22:13:20.123456Z","error":null,"node":{"node":"n1",)", 0),
      0u)
      << json;
  EXPECT_NE(
      json.find(
          R"("lost_per_s":2.0,"cpu_percent":34.0,"lists_age_ms":0,"topics":[{"topic":"topic.0.)"),
      std::string::npos)
      << json;
  EXPECT_NE(json.find("topic.9."), std::string::npos);
  EXPECT_EQ(json.find("topic.10."), std::string::npos);
}

TEST(TopJson, RepeatsNothingThatIsNotTrueAnyMore) {
  TopView view = Busy();
  view.problem = "gone";
  EXPECT_EQ(
      TopJson(view),
      R"({"time":"2023-11-14T22:13:20.123456Z","error":"gone","node":null,)"
      R"("lost_per_s":null,"cpu_percent":null,"lists_age_ms":null,"topics":[],"sessions":[]})");
}

TEST(Ranking, KeepsTheForemostInOrder) {
  std::mt19937 random(1);
  std::vector<int> all(1000);
  for (int i = 0; i < 1000; ++i) all[i] = i;
  std::shuffle(all.begin(), all.end(), random);
  Ranking<int, std::greater<>> ranking(5);
  for (const int each : all) ranking.Add(each);
  EXPECT_EQ(ranking.Take(), (std::vector<int>{999, 998, 997, 996, 995}));
  ranking.Add(7);
  EXPECT_EQ(ranking.Take(), std::vector<int>{7});
}

TEST(Ranking, HotTopicsAndSlowSessionsComeFirst) {
  TopicReport quiet{.topic = "a", .messages_in = 9};
  TopicReport hot{.topic = "b", .messages_in = 1, .messages_in_per_s = 1};
  EXPECT_TRUE(HotterTopic()(hot, quiet));
  EXPECT_FALSE(HotterTopic()(quiet, hot));
  EXPECT_TRUE(HotterTopic()(quiet, TopicReport{.topic = "a", .messages_in = 8}));
  EXPECT_TRUE(HotterTopic()(TopicReport{.topic = "a"}, TopicReport{.topic = "b"}));
  SessionReport slow;
  slow.slow = true;
  SessionReport queued;
  queued.queued_bytes = 5;
  EXPECT_TRUE(SlowerSession()(slow, queued));
  EXPECT_TRUE(SlowerSession()(queued, SessionReport()));
  EXPECT_FALSE(SlowerSession()(SessionReport(), queued));
}

}  // namespace
}  // namespace belfry::cli
