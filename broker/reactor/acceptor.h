// SPDX-License-Identifier: Apache-2.0
//
// A listening socket of our own, so that we decide what happens when it gets crowded:
//   too many connections, or too many from one address: accepted and closed at once, counted as
//   refused; too many per second: left in the kernel's backlog until the rate allows them; no
//   descriptor left (EMFILE, ENFILE, ENOBUFS): the spare descriptor is given up to accept and close
//   one connection, so that its peer learns at once; then a pause that ends when a connection
//   closes or after 100 ms. grpc++ 1.51.1 never recovers from this (CVE-2023-4785).
//
// Lifecycle: construct, Listen() once, destroy on the reactor's thread or while it does not run.
// Threads: Confined to its reactor; the counters, which its owner keeps, are Thread-safe. Fails:
// Listen names the address and the cause.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "broker/reactor/host_port.h"
#include "broker/reactor/reactor.h"
#include "broker/reactor/timer.h"
#include "broker/reactor/token_bucket.h"
#include "common/status.h"

namespace belfry::reactor {

class Acceptor {
 public:
  struct Options {
    int backlog = 1024;
    size_t connections_max = 10'000;
    size_t connections_per_address_max = 1'000;  // 0: no limit
    double accepts_per_second = 1'000;           // 0: no limit
    double accept_burst = 2'000;
    Duration exhausted_pause = std::chrono::milliseconds(100);
  };
  struct Counters {
    std::atomic<uint64_t> accepted{0};
    std::atomic<uint64_t> refused{0};
    std::atomic<uint64_t> pauses{0};  // for want of descriptors or by the rate, not by Pause()
    std::atomic<uint64_t> open{0};
  };
  // A connected, non-blocking, close-on-exec descriptor that now belongs to the receiver, and where
  // it comes from ("10.0.0.7:51234").
  using OnAccept = std::function<void(int fd, std::string peer_address)>;

  Acceptor(Reactor& reactor, Options options, Counters& counters, OnAccept on_accept);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  Status Listen(std::string_view address);
  // With the real port where port 0 was asked for.
  const HostPort& local_address() const { return local_address_; }
  // No more connections ever; those open stay.
  void Close();

  // The receiver reports each connection that has ended, by the address it was given with.
  void ConnectionClosed(std::string_view peer_address);

  void Pause();
  void Resume();
  bool paused() const { return paused_; }

 private:
  enum class Accepted { kOne, kNone, kExhausted };

  void WaitReadable();
  void OnReadable();
  Accepted AcceptOne();
  void Admit(int fd, std::string peer_address);
  void OnExhausted();
  void PauseFor(Duration duration);
  void OpenSpare();
  bool MayAccept() const { return !paused_ && !resting_ && listener_.is_open(); }

  Reactor& reactor_;
  const Options options_;
  const OnAccept on_accept_;
  HostPort local_address_;
  asio::posix::stream_descriptor listener_;
  int spare_descriptor_ = -1;
  TokenBucket rate_;
  Timer rest_;
  bool paused_ = false;   // by Pause()
  bool resting_ = false;  // by ourselves, until rest_ fires
  bool waiting_ = false;  // an async_wait is pending
  std::unordered_map<std::string, size_t> open_by_host_;
  Counters& counters_;
  std::shared_ptr<bool> alive_ =
      std::make_shared<bool>(true);  // false: a pending wait must not touch us
};

}  // namespace belfry::reactor
