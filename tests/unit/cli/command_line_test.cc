// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "cli/command_reference.h"

namespace belfry::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Words = std::vector<std::string>;

std::variant<Invocation, Exit> Parse(const Words& words) {
  unsetenv("BELFRY_SERVER");
  std::vector<const char*> pointers = {"belfry"};
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return ParseCommandLine(static_cast<int>(pointers.size()), pointers.data());
}

// Empty if it was accepted.
std::string ErrorOf(const Words& words) {
  const auto parsed = Parse(words);
  const Exit* exit = std::get_if<Exit>(&parsed);
  if (exit == nullptr) return "";
  EXPECT_EQ(exit->code, 2);
  EXPECT_EQ(exit->out, "");
  return exit->error;
}

template <class T>
T CommandOf(const Words& words) {
  const auto parsed = Parse(words);
  if (const Exit* exit = std::get_if<Exit>(&parsed)) {
    ADD_FAILURE() << exit->error << exit->out;
    return T();
  }
  const T* command = std::get_if<T>(&std::get<Invocation>(parsed).command);
  EXPECT_NE(command, nullptr);
  return command == nullptr ? T() : *command;
}

GlobalOptions GlobalOf(const Words& words) {
  const auto parsed = Parse(words);
  EXPECT_TRUE(std::holds_alternative<Invocation>(parsed)) << ErrorOf(words);
  return std::get<Invocation>(parsed).global;
}

TEST(CommandLine, GlobalDefaults) {
  const GlobalOptions global = GlobalOf({"status"});
  EXPECT_EQ(global.servers, Words{"127.0.0.1:7450"});
  EXPECT_EQ(global.timeout, seconds(10));
  EXPECT_FALSE(global.json);
  EXPECT_EQ(global.tls_ca, "");
}

TEST(CommandLine, GlobalOptionsStandBeforeOrAfterTheCommand) {
  const Words options = {"--server",  "a:1,[::1]:2", "--tls-ca",  "ca",    "--tls-cert", "cert",
                         "--tls-key", "key",         "--timeout", "250ms", "--json"};
  Words before = options;
  before.push_back("status");
  Words after = {"status"};
  after.insert(after.end(), options.begin(), options.end());
  for (const Words& words : {before, after}) {
    const GlobalOptions global = GlobalOf(words);
    EXPECT_EQ(global.servers, (Words{"a:1", "[::1]:2"}));
    EXPECT_EQ(global.tls_ca, "ca");
    EXPECT_EQ(global.tls_cert, "cert");
    EXPECT_EQ(global.tls_key, "key");
    EXPECT_EQ(global.timeout, milliseconds(250));
    EXPECT_TRUE(global.json);
  }
  EXPECT_EQ(GlobalOf({"bench", "latency", "--timeout", "1s"}).timeout, seconds(1));
}

TEST(CommandLine, TheServerMayComeFromTheEnvironment) {
  ASSERT_EQ(setenv("BELFRY_SERVER", "host:9", 1), 0);
  const char* const words[] = {"belfry", "status"};
  const auto parsed = ParseCommandLine(2, words);
  unsetenv("BELFRY_SERVER");
  EXPECT_EQ(std::get<Invocation>(parsed).global.servers, Words{"host:9"});
}

TEST(CommandLine, Pub) {
  const auto pub =
      CommandOf<PubCommand>({"pub", "town.square", "hello", "--count", "3", "--header", "a=1",
                             "--header", "b=2=3", "--key", "k", "--ack", "none"});
  EXPECT_EQ(pub.topic, "town.square");
  EXPECT_EQ(pub.payload, "hello");
  EXPECT_EQ(pub.source, PubCommand::Source::kArgument);
  EXPECT_EQ(pub.count, 3u);
  ASSERT_EQ(pub.headers.size(), 2u);
  EXPECT_EQ(pub.headers[1].first, "b");
  EXPECT_EQ(pub.headers[1].second, "2=3");
  EXPECT_EQ(pub.key, "k");
  EXPECT_FALSE(pub.ack_accepted);
}

TEST(CommandLine, PubTakesItsPayloadFromThreePlaces) {
  EXPECT_EQ(CommandOf<PubCommand>({"pub", "t", "-"}).source, PubCommand::Source::kStdin);
  EXPECT_EQ(CommandOf<PubCommand>({"pub", "t", "--lines"}).source, PubCommand::Source::kLines);
  EXPECT_EQ(CommandOf<PubCommand>({"pub", "t", ""}).payload, "") << "empty, but given";
  EXPECT_EQ(CommandOf<PubCommand>({"pub", "t", "--", "-5"}).payload, "-5");
  EXPECT_NE(ErrorOf({"pub", "t"}).find("no payload"), std::string::npos);
}

TEST(CommandLine, AHeaderDoesNotSwallowThePayload) {
  const auto pub = CommandOf<PubCommand>({"pub", "--header", "a=1", "t", "hello"});
  EXPECT_EQ(pub.topic, "t");
  EXPECT_EQ(pub.payload, "hello");
}

TEST(CommandLine, TopicsAndPayloadsMayBeNamedLikeCommands) {
  const auto pub = CommandOf<PubCommand>({"pub", "status", "wait"});
  EXPECT_EQ(pub.topic, "status");
  EXPECT_EQ(pub.payload, "wait");
  EXPECT_EQ(CommandOf<SubCommand>({"sub", "pub", "bench"}).filters.size(), 2u);
}

TEST(CommandLine, SubFiltersHaveTheKindThatIsSaid) {
  EXPECT_EQ(CommandOf<SubCommand>({"sub", "a.*"}).filters[0], Filter(FilterKind::kWildcard, "a.*"));
  EXPECT_EQ(CommandOf<SubCommand>({"sub", "--literal", "a.*"}).filters[0],
            Filter(FilterKind::kLiteral, "a.*"));
  const SubCommand globs = CommandOf<SubCommand>({"sub", "[a,b]", "--glob", "[c]", "d"});
  EXPECT_EQ(globs.filters, (std::vector<Filter>{{FilterKind::kGlob, "[a,b]"},
                                                {FilterKind::kGlob, "[c]"},
                                                {FilterKind::kGlob, "d"}}));
  EXPECT_EQ(CommandOf<SubCommand>({"sub", "a.[bc]", "--glob"}).filters[0],
            Filter(FilterKind::kGlob, "a.[bc]"));
  EXPECT_FALSE(CommandOf<SubCommand>({"sub", "a"}).count.has_value());
  EXPECT_EQ(CommandOf<SubCommand>({"sub", "a", "--count", "7"}).count, 7u);
}

TEST(CommandLine, SubOverflow) {
  const auto policy = [](const char* text) {
    return CommandOf<SubCommand>({"sub", "a", "--overflow", text}).overflow;
  };
  EXPECT_EQ(CommandOf<SubCommand>({"sub", "a"}).overflow, OverflowPolicy::kDropOldest);
  EXPECT_EQ(policy("drop-oldest"), OverflowPolicy::kDropOldest);
  EXPECT_EQ(policy("drop-newest"), OverflowPolicy::kDropNewest);
  EXPECT_EQ(policy("conflate"), OverflowPolicy::kConflate);
  EXPECT_EQ(policy("disconnect"), OverflowPolicy::kDisconnect);
  EXPECT_NE(ErrorOf({"sub", "a", "--overflow", "wait"}).find("use drop-oldest"), std::string::npos);
}

TEST(CommandLine, Wait) {
  EXPECT_FALSE(CommandOf<WaitCommand>({"wait"}).subscribers.has_value());
  const auto wait = CommandOf<WaitCommand>({"wait", "--subscribers", "town.square=2"});
  EXPECT_EQ(wait.subscribers->topic, "town.square");
  EXPECT_EQ(wait.subscribers->count, 2u);
}

TEST(CommandLine, TopicsAndSessions) {
  const std::string id = "00c5a80f3b9e2d17";
  EXPECT_EQ(CommandOf<TopicsCommand>({"topics"}).filter, "");
  EXPECT_EQ(CommandOf<TopicsCommand>({"topics", "town.>"}).filter, "town.>");
  EXPECT_EQ(CommandOf<TopicShowCommand>({"topic", "show", "town.square"}).topic, "town.square");
  EXPECT_EQ(CommandOf<TopicShowCommand>({"topic", "show", "a*"}).topic, "a*")
      << "only a whole segment is a wildcard";
  EXPECT_FALSE(CommandOf<SessionsCommand>({"sessions"}).slow_only);
  EXPECT_TRUE(CommandOf<SessionsCommand>({"sessions", "--slow"}).slow_only);
  EXPECT_EQ(CommandOf<SessionShowCommand>({"session", "show", id}).session_id, id);
  EXPECT_EQ(CommandOf<SessionKickCommand>({"session", "kick", id}).session_id, id);
  EXPECT_TRUE(GlobalOf({"session", "show", id, "--json"}).json);
}

TEST(CommandLine, Top) {
  EXPECT_EQ(CommandOf<TopCommand>({"top"}).interval, seconds(1));
  EXPECT_FALSE(CommandOf<TopCommand>({"top"}).count.has_value());
  const auto top = CommandOf<TopCommand>({"top", "--interval", "250ms", "--count", "3"});
  EXPECT_EQ(top.interval, milliseconds(250));
  EXPECT_EQ(top.count, 3u);
}

TEST(CommandLine, BenchDefaultsDifferByKind) {
  EXPECT_EQ(CommandOf<BenchCommand>({"bench", "fanout"}).subscribers, 10u);
  EXPECT_EQ(CommandOf<BenchCommand>({"bench", "latency"}).subscribers, 1u);
  EXPECT_EQ(CommandOf<BenchCommand>({"bench", "fanout", "--subscribers", "1"}).subscribers, 1u);
}

TEST(CommandLine, Bench) {
  const auto bench = CommandOf<BenchCommand>(
      {"bench", "fanout", "--publishers", "2", "--subscribers", "30", "--topics", "4", "--size",
       "1KiB", "--rate", "10000", "--seconds", "0.5", "--warmup", "0"});
  EXPECT_EQ(bench.kind, BenchCommand::Kind::kFanout);
  EXPECT_EQ(bench.publishers, 2u);
  EXPECT_EQ(bench.subscribers, 30u);
  EXPECT_EQ(bench.topics, 4u);
  EXPECT_EQ(bench.payload_bytes, 1024u);
  EXPECT_EQ(bench.rate, 10000u);
  EXPECT_EQ(bench.measured, milliseconds(500));
  EXPECT_EQ(bench.warmup, milliseconds(0));
  EXPECT_FALSE(CommandOf<BenchCommand>({"bench", "fanout", "--rate", "max"}).rate.has_value());
}

TEST(CommandLine, WrongUsageSaysWhatIsWrongAndWhatToDo) {
  for (const Words& words : std::vector<Words>{
           {},
           {"nonsense"},
           {"--nonsense"},
           {"pub"},
           {"pub", "$internal", "x"},
           {"pub", "", "x"},
           {"pub", "t", "x", "y"},
           {"pub", "t", "x", "--lines"},
           {"pub", "t", "--lines", "--count", "2"},
           {"pub", "t", "x", "--count", "0"},
           {"pub", "t", "x", "--count", "-1"},
           {"pub", "t", "x", "--header", "novalue"},
           {"sub"},
           {"sub", "a.>.b"},
           {"sub", "a", "--literal", "--glob"},
           {"sub", "a", "--count", "0"},
           {"status", "extra"},
           {"status", "--timeout", "5"},
           {"status", "--server", "nowhere"},
           {"status", "--server", "a:1,,b:2"},
           {"status", "--server", "a:70000"},
           {"status", "--tls-cert", "c"},
           {"status", "--tls-ca", ""},
           {"status", "--tls-ca="},
           {"status", "--tls-cert", "c", "--tls-key", "k"},
           {"wait", "--subscribers", "t"},
           {"wait", "--subscribers", "$t=1"},
           {"wait", "--subscribers", "a.*=1"},
           {"wait", "--subscribers", ">=1"},
           {"topics", "a.>.b"},
           {"topics", ""},
           {"topics", "a", "b"},
           {"topic"},
           {"topic", "show"},
           {"topic", "show", "$t"},
           {"topic", "show", "a.*"},
           {"sessions", "extra"},
           {"session"},
           {"session", "show"},
           {"session", "kick", "00c5a80f3b9e2d1"},
           {"session", "kick", "00c5a80f3b9e2d1X"},
           {"top", "--interval", "99ms"},
           {"top", "--interval", "1"},
           {"top", "--count", "0"},
           {"completion"},
           {"completion", "zsh"},
           {"bench"},
           {"bench", "nonsense"},
           {"bench", "fanout", "--size", "8"},
           {"bench", "fanout", "--rate", "0"},
           {"bench", "fanout", "--seconds", "0"},
           {"bench", "fanout", "--subscribers", "0"},
       }) {
    const std::string error = ErrorOf(words);
    const std::string shown = ::testing::PrintToString(words) + " -> " + error;
    EXPECT_EQ(error.rfind("belfry: ", 0), 0u) << shown;
    EXPECT_NE(error.find("; "), std::string::npos) << shown;
    EXPECT_EQ(error.find('\n'), std::string::npos) << shown;
  }
}

// Each belongs to a later release: it must not be accepted and ignored.
TEST(CommandLine, WhatThisReleaseDoesNotHaveIsUnknown) {
  for (const Words& words : std::vector<Words>{{"sub", "a", "--from", "earliest"},
                                               {"status", "--token-file", "f"},
                                               {"fetch", "t", "--from", "earliest"},
                                               {"topic", "set", "t"},
                                               {"topic", "delete", "t"},
                                               {"cluster"},
                                               {"node", "drain", "1"},
                                               {"bench", "replay"}}) {
    EXPECT_NE(ErrorOf(words).find("unknown "), std::string::npos)
        << ::testing::PrintToString(words);
  }
  EXPECT_NE(ErrorOf({"pub", "t", "x", "--ack", "stored"}).find("use none or accepted"),
            std::string::npos);
}

TEST(CommandLine, UnknownCommandsAndArgumentsAreNamed) {
  EXPECT_EQ(ErrorOf({"cluster"}), "belfry: unknown command 'cluster'; see belfry --help");
  EXPECT_EQ(ErrorOf({"topic", "set", "t"}),
            "belfry: unknown command 'topic set'; see belfry topic --help");
  EXPECT_EQ(ErrorOf({"topic", "--nonsense"}),
            "belfry: unknown argument '--nonsense'; see belfry topic --help");
  EXPECT_EQ(ErrorOf({"sub", "a", "--from", "now"}),
            "belfry: unknown argument '--from'; see belfry sub --help");
  EXPECT_EQ(ErrorOf({}), "belfry: no command given; see belfry --help");
}

void ExpectHelpWithAnExample(const CommandReference& command) {
  Words words;
  for (size_t begin = 0; begin < command.path.size();) {
    const size_t end = std::min(command.path.find(' ', begin), command.path.size());
    words.push_back(command.path.substr(begin, end - begin));
    begin = end + 1;
  }
  words.erase(words.begin());  // "belfry"
  words.push_back("--help");
  const auto parsed = Parse(words);
  const Exit* exit = std::get_if<Exit>(&parsed);
  ASSERT_NE(exit, nullptr) << command.path;
  EXPECT_EQ(exit->code, 0);
  EXPECT_EQ(exit->error, "");
  EXPECT_NE(exit->out.find("Example"), std::string::npos) << exit->out;
  EXPECT_FALSE(command.examples.empty()) << command.path;
  for (const std::string& example : command.examples) {
    EXPECT_NE(exit->out.find("\n  " + example), std::string::npos) << exit->out;
  }
  for (const CommandReference& each : command.commands) ExpectHelpWithAnExample(each);
}

TEST(CommandLine, EveryCommandHasHelpWithAnExample) {
  const CommandReference belfry = ReadCommandReference();
  EXPECT_EQ(belfry.commands.size(), 11u);
  ExpectHelpWithAnExample(belfry);
}

TEST(CommandLine, Version) {
  const auto parsed = Parse({"--version"});
  const Exit* exit = std::get_if<Exit>(&parsed);
  ASSERT_NE(exit, nullptr);
  EXPECT_EQ(exit->code, 0);
  EXPECT_EQ(exit->out.rfind("belfry ", 0), 0u);
  EXPECT_EQ(exit->out.back(), '\n');
}

}  // namespace
}  // namespace belfry::cli
