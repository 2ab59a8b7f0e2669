// SPDX-License-Identifier: Apache-2.0
//
// Sockets and bytes: what a test needs to be a good or a bad HTTP client.
// Threads: Confined to the test. How it fails: waits end after a generous deadline with what came
// so far.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace belfry::test {

class PlainHttpClient {
 public:
  // Connects to 127.0.0.1 (CHECK).
  explicit PlainHttpClient(uint16_t port);
  ~PlainHttpClient();
  PlainHttpClient(const PlainHttpClient&) = delete;
  PlainHttpClient& operator=(const PlainHttpClient&) = delete;

  // False once the server has closed.
  bool Send(std::string_view bytes);
  // Everything until the server closes.
  std::string ReadAll();

 private:
  int fd_;
};

// One request, with its answer as it came: head and body.
std::string Fetch(uint16_t port, std::string_view request);

// GET of `target`.
std::string Get(uint16_t port, std::string_view target);

}  // namespace belfry::test
