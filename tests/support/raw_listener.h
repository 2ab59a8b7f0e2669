// SPDX-License-Identifier: Apache-2.0
//
// A loopback port that speaks no protocol: says some bytes to each connection, and then resets it,
// or keeps it open and reads nothing.
//
// Lifecycle: Stop, or the destructor, resets what is open and joins the thread.
// Threads: Thread-safe; one thread of its own serves the connections one after the other.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

namespace belfry::test {

struct RawSpeech {
  std::string bytes;
  // How often to say them.
  size_t times = 1;
  // Afterwards: a reset, or silence.
  bool reset = false;
};

class RawListener {
 public:
  explicit RawListener(RawSpeech speech);
  ~RawListener() { Stop(); }

  int port() const { return port_; }
  uint64_t accepted() const { return accepted_; }
  void Stop();

 private:
  void Run();
  void Serve(int connection);

  const RawSpeech speech_;
  int listener_ = -1;
  int stop_ = -1;
  int port_ = 0;
  std::atomic<uint64_t> accepted_{0};
  std::thread thread_;
};

}  // namespace belfry::test
