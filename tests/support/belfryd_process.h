// SPDX-License-Identifier: Apache-2.0
//
// A real broker process of the test's own, on ports that the system chooses, and other programs run
// to their end.
//
// Lifecycle: Start waits until the ports file is there; the destructor stops the process by its
// pid. Threads: Confined to the test. Errors: a broker that does not come up fails the test with
// its log.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace belfry::test {

// A folder that goes with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

struct ProgramResult {
  int exit_status = -1;
  std::string out;
  std::string err;
};
// Runs a program of the build (or an absolute path) to its end; killed, and the test fails, after
// the time.
ProgramResult RunProgram(const std::vector<std::string>& arguments,
                         std::chrono::seconds at_most = std::chrono::seconds(60));

// Waits for a condition; false when the time is over. The time is a limit for hangs, not a measure.
bool WaitFor(const std::function<bool()>& condition,
             std::chrono::seconds at_most = std::chrono::seconds(30));

std::string ReadFile(const std::string& path);

class BelfrydProcess {
 public:
  // `arguments` are added to ports of the system's choice and a ports file.
  explicit BelfrydProcess(std::vector<std::string> arguments = {});
  ~BelfrydProcess();
  BelfrydProcess(const BelfrydProcess&) = delete;
  BelfrydProcess& operator=(const BelfrydProcess&) = delete;

  void Start();
  void Signal(int signal);
  // Waits for its end: the exit status, or 128 + the signal.
  int Wait();
  // Kills it if it still runs.
  void Kill();

  int grpc_port() const { return grpc_port_; }
  int http_port() const { return http_port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(grpc_port_); }
  std::string log() const { return ReadFile(folder_.Path("log")); }
  const TempFolder& folder() const { return folder_; }
  pid_t pid() const { return pid_; }

 private:
  TempFolder folder_;
  std::vector<std::string> arguments_;
  pid_t pid_ = -1;
  // After a restart the same ports are used again.
  int grpc_port_ = 0;
  int http_port_ = 0;
};

}  // namespace belfry::test
