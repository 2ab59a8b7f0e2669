// SPDX-License-Identifier: Apache-2.0
//
// One accepted connection that is good for a single exchange: it gives back at most so many bytes,
// and all its reading and writing together may take only so long. A client that trickles its
// request, never ends it, or does not read the answer costs one thread for that time and no memory.
//
// Lifecycle: owns the descriptor and closes it; lives for one exchange.
// Threads: Confined to the thread that serves the connection. `stop_fd` is another's eventfd: once
// it is readable, every wait ends. How it fails: Read and Write return -1 after the deadline,
// beyond the budget, on a stop, on an error.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>

#include "common/clock.h"

namespace belfry::frontend::http {

class BoundedSocket {
 public:
  struct Bounds {
    size_t bytes_in = size_t{16} << 10;  // no page here needs a longer request
    Duration time = std::chrono::seconds(10);
  };

  BoundedSocket(int fd, int stop_fd, Bounds bounds);
  ~BoundedSocket();
  BoundedSocket(const BoundedSocket&) = delete;
  BoundedSocket& operator=(const BoundedSocket&) = delete;

  // Up to `size` bytes; 0 at the end of what the client sends.
  ssize_t Read(char* out, size_t size);
  // All of it, or -1.
  ssize_t Write(const char* data, size_t size);
  // Says that the answer is complete and waits for the client to close, so that the kernel does not
  // discard the answer because of bytes that came and were not read.
  void Finish();

 private:
  // Waits for POLLIN or POLLOUT until `until`.
  bool Await(short event, Instant until) const;
  ssize_t Receive(Instant until);

  const int fd_;
  const int stop_fd_;
  const SystemClock clock_;  // poll() waits in real time, so no other clock would be true
  const Instant deadline_;
  size_t bytes_left_;
  // httplib reads byte by byte.
  std::array<char, 2048> buffer_;
  size_t buffer_begin_ = 0;
  size_t buffer_end_ = 0;
};

}  // namespace belfry::frontend::http
