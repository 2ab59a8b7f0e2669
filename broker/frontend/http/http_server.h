// SPDX-License-Identifier: Apache-2.0
//
// The pages for operators and their tools, over plain HTTP/1.1, one request a connection:
//
//   /metrics   the metrics page in Prometheus' text format
//   /healthz   200 "ok" while the process does its work, else 503: restart it
//   /readyz    200 "ready", or 503 with the reasons, one a line; as JSON with ?json or "Accept:
//              application/json": {"ready":false,"reasons":["..."]}
//
// GET and HEAD alone. Nothing of a request reaches an answer, and a request is bounded in bytes and
// time.
//
// Lifecycle: what the callbacks touch outlives it; Start once, Stop (or destruction) once.
// Threads: Start and Stop are Confined to the owner; the callbacks run on the threads http-*,
// several at a time, and must be quick. How it fails: Start returns UNAVAILABLE naming address and
// reason.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/frontend/http/bounded_socket.h"
#include "broker/observability/readiness.h"
#include "common/status.h"

namespace belfry::frontend::http {

struct HttpServerSettings {
  // A scrape, a probe and two people. Each slow client holds one for as long as its bounds allow.
  size_t threads = 4;
  BoundedSocket::Bounds bounds;
};

class HttpServer {
 public:
  // What the pages show; called anew for each request.
  struct Pages {
    // The text of /metrics.
    std::function<std::string()> metrics;
    // True while every part of the process makes progress.
    std::function<bool()> healthy;
    std::function<observability::Readiness()> readiness;
  };

  explicit HttpServer(Pages pages, HttpServerSettings settings = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // With port 0 the system chooses.
  Status Start(const std::string& host, uint16_t port);
  void Stop();
  // The bound port, after Start.
  uint16_t port() const { return port_; }

 private:
  class Router;
  std::unique_ptr<Router> router_;
  std::unique_ptr<class HttpListener> listener_;
  uint16_t port_ = 0;
};

}  // namespace belfry::frontend::http
