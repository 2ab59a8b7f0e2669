// SPDX-License-Identifier: Apache-2.0
#include "tests/support/belfryd_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <regex>
#include <sstream>

extern char** environ;

namespace belfry::test {
namespace {

std::string ProgramPath(const std::string& name) {
  return name.find('/') == std::string::npos ? std::string(BELFRY_BIN) + "/" + name : name;
}

pid_t Spawn(const std::vector<std::string>& arguments, const std::string& out_path,
            const std::string& err_path) {
  std::vector<std::string> words = arguments;
  words[0] = ProgramPath(words[0]);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  const int flags = O_WRONLY | O_CREAT | O_APPEND;
  posix_spawn_file_actions_addopen(&actions, 1, out_path.c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err_path.c_str(), flags, 0600);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0) << argv[0] << ": " << std::strerror(error);
  return pid;
}

int StatusOf(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "belfry-test-XXXXXX").string();
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  folder_ = name;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool WaitFor(const std::function<bool()>& condition, std::chrono::seconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  // A timed wait on a condition variable that nobody notifies: the look repeats every 5 ms.
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    never.wait_for(lock, std::chrono::milliseconds(5));
  }
  return true;
}

ProgramResult RunProgram(const std::vector<std::string>& arguments, std::chrono::seconds at_most) {
  TempFolder folder;
  ProgramResult result;
  const pid_t pid = Spawn(arguments, folder.Path("out"), folder.Path("err"));
  if (pid <= 0) return result;
  int status = 0;
  const bool ended = WaitFor([&] { return waitpid(pid, &status, WNOHANG) == pid; }, at_most);
  if (!ended) {
    ADD_FAILURE() << arguments[0] << " did not end in time";
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  result.exit_status = StatusOf(status);
  result.out = ReadFile(folder.Path("out"));
  result.err = ReadFile(folder.Path("err"));
  return result;
}

BelfrydProcess::BelfrydProcess(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)) {
  Start();
}

BelfrydProcess::~BelfrydProcess() { Kill(); }

void BelfrydProcess::Start() {
  const std::string ports_path = folder_.Path("ports");
  std::filesystem::remove(ports_path);
  std::vector<std::string> words = {"belfryd",
                                    "--set",
                                    "listen.grpc=127.0.0.1:" + std::to_string(grpc_port_),
                                    "--set",
                                    "listen.http=127.0.0.1:" + std::to_string(http_port_),
                                    "--ports-file",
                                    ports_path};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  pid_ = Spawn(words, folder_.Path("log"), folder_.Path("log"));
  ASSERT_TRUE(WaitFor([&] { return std::filesystem::exists(ports_path); })) << log();
  const std::string ports = ReadFile(ports_path);
  std::smatch match;
  ASSERT_TRUE(std::regex_search(ports, match,
                                std::regex(R"re("grpc":(\d+),"peer":null,"http":(\d+|null))re")))
      << ports;
  grpc_port_ = std::stoi(match[1]);
  http_port_ = match[2] == "null" ? 0 : std::stoi(match[2]);
}

void BelfrydProcess::Signal(int signal) { ASSERT_EQ(kill(pid_, signal), 0); }

int BelfrydProcess::Wait() {
  int status = 0;
  const bool ended = WaitFor([&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
  EXPECT_TRUE(ended) << "belfryd did not end in time";
  if (!ended) return -1;
  pid_ = -1;
  return StatusOf(status);
}

void BelfrydProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace belfry::test
