// SPDX-License-Identifier: Apache-2.0
//
// The HTTP face of the node:
//   GET  /                  the page with the chat box (and /chat.js, /chat.css, /icon.svg)
//   POST /rooms/ID          publishes the body (UTF-8 text, up to 64 KiB) and answers its outcome
//   as JSON GET  /rooms/ID/events   Server-Sent Events: ready, message, binary, gap, state GET
//   /healthz           200 while the broker is reached, 503 otherwise; JSON either way
// Each viewer of events holds one thread; beyond kViewersMax they are told to come back later, so
// that posts are always served.
//
// Lifecycle: Listen, then Run on a thread of its own until Stop. Close the Rooms' seats before
// Stop, or it waits for the viewers' next heartbeat. Threads: Stop is Thread-safe; handlers run on
// the server's pool. Fails: Listen returns 0.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "client-lib/examples/sse_node/rooms.h"

namespace sse_node {

class WebServer {
 public:
  explicit WebServer(Rooms& rooms);
  ~WebServer();

  // The port that was taken, or 0 if the address is not to be had.
  uint16_t Listen(const std::string& host, uint16_t port);
  void Run();
  void Stop();

 private:
  struct Parts;
  const std::unique_ptr<Parts> parts_;
};

}  // namespace sse_node
