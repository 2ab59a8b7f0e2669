// SPDX-License-Identifier: Apache-2.0
//
// A bad network on loopback: a TCP proxy before one port, which forwards until it is told to do
// worse. Clients connect to port().
//
// Lifecycle: the destructor cuts everything and joins the thread.
// Threads: Thread-safe; one thread of its own moves the bytes. Errors: a port that cannot be had
// fails the test.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace belfry::test {

class TcpProxy {
 public:
  explicit TcpProxy(int target_port);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // Connections taken so far.
  uint64_t accepted() const { return accepted_; }

  // Ends all connections with a TCP reset, what was under way is lost. With `after_bytes`, each as
  // soon as it has forwarded that many more bytes in either direction: in the middle of a frame.
  void Reset(size_t after_bytes = 0);
  // Connected but deaf: nothing is forwarded, and nothing is closed.
  void Stall(bool stalled);
  // New connections are reset at once.
  void Refuse(bool refused) { refused_ = refused; }

 private:
  struct Side {
    int fd = -1;
    // Read here, to be written to the other side.
    std::string buffer;
    bool ended = false;
  };
  struct Link {
    Side client;
    Side server;
    std::optional<size_t> bytes_left;
    bool over = false;
  };

  void Run();
  void Accept();
  // False: the link is over.
  static bool Read(Link& link, Side& from);
  static bool Write(Side& from, const Side& to);
  static void Cut(Link& link);
  void Wake();

  const int target_port_;
  int listener_ = -1;
  int wakeups_ = -1;
  int port_ = 0;
  std::atomic<uint64_t> accepted_{0};
  std::atomic<bool> refused_{false};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::list<Link> links_;
  bool stalled_ = false;
  std::thread thread_;
};

}  // namespace belfry::test
