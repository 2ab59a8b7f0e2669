// SPDX-License-Identifier: Apache-2.0
#include "broker/config/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "broker/config/print.h"

namespace belfry::config {
namespace {

using observability::LogFormat;
using observability::LogLevel;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string ErrorOf(std::string_view text, std::vector<std::string> sets = {}) {
  const StatusOr<Config> config = LoadText(text, "belfry.toml", sets);
  return config.ok() ? "no error" : MessageOf(config.status());
}

class LoadFile : public testing::Test {
 protected:
  LoadFile() {
    char name[] = "/tmp/belfry_load_test.XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~LoadFile() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  std::string ErrorOfFile(const std::string& path) {
    const StatusOr<Config> config = Load(path, {});
    return config.ok() ? "no error" : MessageOf(config.status());
  }

  std::string folder_;
};

TEST(Load, WithoutAFileGivesTheDefaultsAndAnId) {
  const StatusOr<Config> config = Load(std::nullopt, {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen.grpc, "127.0.0.1:7450");
  EXPECT_EQ(config->listen.http, "127.0.0.1:7452");
  EXPECT_THAT(config->node.id, testing::MatchesRegex("belfry-[A-Za-z0-9._-]+"));
  EXPECT_LE(config->node.id.size(), 64u);
}

TEST(Load, ReadsEveryKindOfValue) {
  const StatusOr<Config> config = LoadText(R"(
[node]
id = "town-1"
[listen]
http = ""
[io]
threads = 3
[limits]
payload_bytes = "2MiB"
topic_bytes = 600
[session]
heartbeat = "250ms"
[log]
level = "warn"
format = "json"
[security]
insecure = true
tls.cert = "/etc/belfry/node.pem"
tls.key = "/etc/belfry/node.key"
)",
                                           "belfry.toml", {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->node.id, "town-1");
  EXPECT_EQ(config->listen.http, "");
  EXPECT_EQ(config->io.threads, 3u);
  EXPECT_EQ(config->limits.payload_bytes, uint64_t{2} << 20);
  EXPECT_EQ(config->limits.topic_bytes, 600u);
  EXPECT_EQ(config->session.heartbeat, Duration(std::chrono::milliseconds(250)));
  EXPECT_EQ(config->log.level, LogLevel::kWarn);
  EXPECT_EQ(config->log.format, LogFormat::kJson);
  EXPECT_TRUE(config->security.insecure);
  EXPECT_EQ(config->security.tls.cert, "/etc/belfry/node.pem");
}

TEST(Load, SetsWinOverTheFileAndTheLastSetWins) {
  const std::vector<std::string> sets = {"io.threads=2",           "listen.grpc = 127.0.0.1:0",
                                         "security.insecure=true", "io.threads=4",
                                         "log.level=debug",        "limits.payload_bytes=64KiB"};
  const StatusOr<Config> config = LoadText("[io]\nthreads = 1\n", "belfry.toml", sets);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->io.threads, 4u);
  EXPECT_EQ(config->listen.grpc, "127.0.0.1:0");
  EXPECT_TRUE(config->security.insecure);
  EXPECT_EQ(config->log.level, LogLevel::kDebug);
  EXPECT_EQ(config->limits.payload_bytes, 65536u);
}

TEST(Load, SaysWhatIsWrongWithASet) {
  EXPECT_THAT(ErrorOf("", {"io.threads"}),
              HasSubstr("--set \"io.threads\": write it as key=value"));
  EXPECT_THAT(ErrorOf("", {"io.thread=2"}), HasSubstr("unknown key \"io.thread\"; the nearest known"
                                                      " key is io.threads"));
  EXPECT_THAT(ErrorOf("", {"io.threads=65"}),
              HasSubstr("--set: io.threads = \"65\" is not allowed; allowed: a whole number from 0"
                        " to 64"));
  EXPECT_THAT(ErrorOf("", {"=1"}), HasSubstr("unknown key \"\""));
}

TEST(Load, NamesFileLineAndNearestKeyOfAnUnknownKey) {
  EXPECT_EQ(ErrorOf("# first line\n[limits]\npayload_byte = 5\n"),
            "belfry.toml:3: unknown key \"limits.payload_byte\"; the nearest known key is "
            "limits.payload_bytes");
}

// A key of a later release must not be taken and ignored.
TEST(Load, RefusesKeysOfLaterReleases) {
  for (const char* text :
       {"[listen]\npeer = \"127.0.0.1:7451\"", "[listen]\nredis = \"\"", "[node]\ndata_dir = \"x\"",
        "[cluster]\nseeds = []", "[cluster]\nnodes = [\"a\"]", "[cluster]\njoin_timeout = \"5s\"",
        "[[topics]]\nmatch = \"orders.>\"", "[other]", "other = {}"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("unknown key")) << text;
  }
}

TEST(Load, ReportsTheFirstErrorFromTheTopOfTheFile) {
  EXPECT_THAT(ErrorOf("[slow]\nzzz = 1\n[io]\naaa = 1\n"), StartsWith("belfry.toml:2:"));
}

TEST(Load, ReportsDuplicatesWithTheirLine) {
  EXPECT_THAT(ErrorOf("[io]\nthreads = 1\nthreads = 2\n"), StartsWith("belfry.toml:3:"));
  EXPECT_THAT(ErrorOf("[io]\nthreads = 1\n[log]\n[io]\n"), StartsWith("belfry.toml:4:"));
  EXPECT_THAT(ErrorOf("io.threads = 1\n[io]\nthreads = 2\n"), StartsWith("belfry.toml:2:"));
  // One quoted part is not the dotted key, so it cannot hide a duplicate.
  EXPECT_THAT(ErrorOf("\"io.threads\" = 1\n[io]\nthreads = 2\n"),
              AllOf(StartsWith("belfry.toml:1:"), HasSubstr("unknown key")));
}

TEST(Load, ReportsSyntaxErrorsWithTheirLine) {
  for (const char* text :
       {"[io]\nthreads = ", "[io]\n= 1", "[io]\nthreads = 1 2", "[io\n", "\n\xff",
        "[io]\nthreads = \"1", "[io]\nthreads = 99999999999999999999"}) {
    EXPECT_THAT(ErrorOf(text), testing::ContainsRegex("^belfry.toml:[12]: ")) << text;
  }
}

TEST(Load, RefusesWrongTypesAndSaysWhatIsAllowed) {
  EXPECT_EQ(
      ErrorOf("[io]\nthreads = \"4\"\n"),
      "belfry.toml:2: io.threads = \"4\" is not allowed; allowed: a whole number from 0 to 64");
  EXPECT_EQ(
      ErrorOf("[log]\nlevel = \"loud\"\n"),
      "belfry.toml:2: log.level = \"loud\" is not allowed; allowed: one of \"debug\", \"info\", "
      "\"warn\", \"error\"");
  for (const char* text : {"[io]\nthreads = -1",
                           "[io]\nthreads = 1.5",
                           "[io]\nthreads = true",
                           "[io]\nthreads = [1]",
                           "[io]\nthreads = {}",
                           "[io]\nthreads = 1979-05-27",
                           "[session]\nheartbeat = 5",
                           "[session]\nheartbeat = \"5\"",
                           "[limits]\npayload_bytes = -1",
                           "[limits]\npayload_bytes = \"1MB\"",
                           "[limits]\npayload_bytes = 1.5",
                           "[security]\ninsecure = \"true\"",
                           "[security]\ninsecure = 1",
                           "[node]\nid = 5",
                           "[node]\nid = \"a b\"",
                           "[cluster]\nid = \"\"",
                           "[listen]\ngrpc = \"\"",
                           "[listen]\ngrpc = \"nowhere\"",
                           "[log]\nlevel = \"INFO\"",
                           "[security.tls]\ncert = \"a\\u0000b\"",
                           "[security.tls]\ncert = \"a\\nb\""}) {
    EXPECT_THAT(ErrorOf(text), AllOf(StartsWith("belfry.toml:2: "), HasSubstr("allowed: ")))
        << text;
  }
}

// The listeners look no names up, so --check-config must not let one pass.
TEST(Load, RefusesNamesOfHosts) {
  for (const char* set :
       {"listen.grpc=localhost:0", "listen.grpc=example.com:7450", "listen.http=localhost:7452"}) {
    EXPECT_THAT(ErrorOf("", {set}),
                AllOf(HasSubstr("is not allowed"), HasSubstr("\"127.0.0.1:7450\" (write that "
                                                             "instead of localhost)")));
  }
}

TEST(Load, SaysWhenATableIsMeant) {
  EXPECT_EQ(ErrorOf("limits = 5\n"),
            "belfry.toml:1: limits is a table; write [limits] and its keys below");
  EXPECT_THAT(ErrorOf("[[limits]]\npayload_bytes = 1\n"), HasSubstr("limits is a table"));
  EXPECT_EQ(ErrorOf("[limits]\n[security.tls]\n"), "no error");
}

TEST(Load, ErrorsStayOneShortPrintableLine) {
  const std::string name(5'000, 'k');
  for (const std::string& error :
       {ErrorOf(name + " = 1"), ErrorOf("[node]\nid = \"" + name + "\""),
        ErrorOf("[node]\nid = \"\\u001b[2J\\n\""), ErrorOf("\"\\u001b\\n\" = 1"),
        ErrorOf("", {"\x1b[2J\n"}), ErrorOf("", {"node.id=\x1b[2J\n"})}) {
    EXPECT_LT(error.size(), 400u) << error;
    EXPECT_EQ(error.find_first_of("\n\x1b"), std::string::npos) << error;
  }
}

TEST(Load, RefusesDeepNestingInsteadOfRecursing) {
  EXPECT_THAT(ErrorOf("a = " + std::string(100'000, '[')), StartsWith("belfry.toml:1:"));
}

// faults.md B12: whatever stands in a file, it loads or is refused with one line that says where.
RC_GTEST_PROP(LoadText, SurvivesAnyDamage, ()) {
  std::string text = Print(Config{});
  const auto edits = *rc::gen::inRange(0, 8);
  for (int i = 0; i < edits && !text.empty(); ++i) {
    const auto at = *rc::gen::inRange<size_t>(0, text.size());
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = *rc::gen::arbitrary<char>();
        break;
      case 1:
        text.erase(at, *rc::gen::inRange<size_t>(1, 40));
        break;
      case 2:
        text.insert(at, text.substr(*rc::gen::inRange<size_t>(0, text.size()), 40));
        break;
      default:
        text.insert(at,
                    *rc::gen::element<std::string>("[", "{", "\"", "\"\"\"", "=", ".", "\n", "[["));
    }
  }
  const StatusOr<Config> config = LoadText(text, "f", {});
  if (config.ok()) {
    RC_ASSERT(LoadText(Print(*config), "g", {}).ok());
  } else {
    const std::string error = MessageOf(config.status());
    RC_ASSERT(!error.empty());
    RC_ASSERT(error.find('\n') == std::string::npos);
  }
}

TEST_F(LoadFile, ReadsAFile) {
  const StatusOr<Config> config = Load(Write("a.toml", "[io]\nthreads = 7\n"), {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->io.threads, 7u);
}

TEST_F(LoadFile, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(ErrorOfFile(folder_ + "/none.toml"), "cannot read the configuration file " + folder_ +
                                                     "/none.toml: No such file or directory");
  EXPECT_THAT(ErrorOfFile(folder_), HasSubstr("not a regular file"));

  const std::string loop = folder_ + "/loop.toml";
  ASSERT_EQ(symlink(loop.c_str(), loop.c_str()), 0);
  EXPECT_THAT(ErrorOfFile(loop), HasSubstr("symbolic link"));

  const std::string pipe = folder_ + "/pipe.toml";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(ErrorOfFile(pipe), HasSubstr("not a regular file"));
}

TEST_F(LoadFile, RefusesAnEmptyAndAHugeFile) {
  EXPECT_THAT(ErrorOfFile(Write("empty.toml", "")), HasSubstr("is empty"));
  EXPECT_THAT(ErrorOfFile(Write("huge.toml", std::string(10 << 20, '#'))),
              HasSubstr("is larger than 1MiB"));
  std::string largest((1 << 20) - 1, '#');
  EXPECT_EQ(ErrorOfFile(Write("largest.toml", largest)), "no error");
}

}  // namespace
}  // namespace belfry::config
