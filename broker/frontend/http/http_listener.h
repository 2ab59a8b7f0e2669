// SPDX-License-Identifier: Apache-2.0
//
// A listening socket and a few threads, each of which accepts a connection, serves it, closes it,
// and takes the next one. So there are never more connections at work than threads; others wait in
// the kernel's backlog. When the process is out of descriptors the threads pause and try again: the
// listener recovers by itself.
//
// It is not cpp-httplib's own listener, because that one lets a second process share its port
// silently (SO_REUSEPORT), queues connections and reads headers without a bound, and ends at the
// first error of accept() that it does not know.
//
// Lifecycle: Start once, Stop (or destruction) once; Stop ends waits under way and joins.
// Threads: Start and Stop are Confined to the owner. It runs the threads http-0 .. http-N with all
// signals blocked. How it fails: Start returns UNAVAILABLE naming the address and the reason.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "common/status.h"

namespace belfry::frontend::http {

class HttpListener {
 public:
  // Serves one connection; owns `fd`, and ends soon once `stop_fd` is readable.
  using Serve = std::function<void(int fd, int stop_fd)>;

  HttpListener(size_t threads, Serve serve) : thread_count_(threads), serve_(std::move(serve)) {}
  ~HttpListener() { Stop(); }
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;

  // The port, which the system chooses if `port` is 0.
  StatusOr<uint16_t> Start(const std::string& host, uint16_t port);
  void Stop();

 private:
  void Run();

  const size_t thread_count_;
  const Serve serve_;
  int listen_fd_ = -1;
  int stop_fd_ = -1;
  std::vector<std::thread> threads_;
};

}  // namespace belfry::frontend::http
