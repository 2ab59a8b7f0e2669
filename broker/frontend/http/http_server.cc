// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/http/http_server.h"

#include <httplib.h>

#include <utility>

#include "broker/frontend/http/http_listener.h"
#include "broker/observability/escape.h"

namespace belfry::frontend::http {
namespace {

constexpr char kPlainText[] = "text/plain; charset=utf-8";
constexpr char kMetricsText[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kJson[] = "application/json";

constexpr char kPageList[] =
    "no such page; this broker has:\n"
    "  /metrics   metrics in Prometheus' text format\n"
    "  /healthz   200 while the process does its work\n"
    "  /readyz    200 when clients may come, else 503 and why (?json for JSON)\n";

// httplib's view of a connection.
class SocketStream final : public httplib::Stream {
 public:
  explicit SocketStream(BoundedSocket& socket) : socket_(socket) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* out, size_t size) override { return socket_.Read(out, size); }
  ssize_t write(const char* data, size_t size) override { return socket_.Write(data, size); }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  // The descriptor stays ours: all waiting is done by BoundedSocket.
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  BoundedSocket& socket_;
};

bool WantsJson(const httplib::Request& request) {
  return request.has_param("json") ||
         request.get_header_value("Accept").find(kJson) != std::string::npos;
}

std::string ReadinessText(const observability::Readiness& readiness) {
  std::string text = readiness.ready ? "ready\n" : "not ready\n";
  for (const std::string& reason : readiness.reasons) text += "- " + reason + "\n";
  return text;
}

std::string ReadinessJson(const observability::Readiness& readiness) {
  std::string text = readiness.ready ? "{\"ready\":true" : "{\"ready\":false";
  text += ",\"reasons\":[";
  for (size_t i = 0; i < readiness.reasons.size(); ++i) {
    if (i > 0) text += ',';
    text += observability::JsonField(readiness.reasons[i]);
  }
  return text + "]}\n";
}

}  // namespace

// Only httplib's parser and writer are used; process_request is protected.
class HttpServer::Router final : public httplib::Server {
 public:
  explicit Router(Pages pages) : pages_(std::move(pages)) {
    // Text that a browser neither guesses about, nor keeps, nor embeds.
    set_default_headers({{"X-Content-Type-Options", "nosniff"},
                         {"Cache-Control", "no-store"},
                         {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
                         {"Referrer-Policy", "no-referrer"}});
    // Before a body would be read.
    set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
      if (request.method == "GET" || request.method == "HEAD") return HandlerResponse::Unhandled;
      response.status = 405;
      response.set_header("Allow", "GET, HEAD");
      response.set_content("only GET and HEAD are served here\n", kPlainText);
      return HandlerResponse::Handled;
    });
    Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(pages_.metrics(), kMetricsText);
    });
    Get("/healthz", [this](const httplib::Request&, httplib::Response& response) {
      const bool healthy = pages_.healthy();
      response.status = healthy ? 200 : 503;
      response.set_content(healthy ? "ok\n" : "not ok\n", kPlainText);
    });
    Get("/readyz", [this](const httplib::Request& request, httplib::Response& response) {
      const observability::Readiness readiness = pages_.readiness();
      response.status = readiness.ready ? 200 : 503;
      if (WantsJson(request)) {
        response.set_content(ReadinessJson(readiness), kJson);
      } else {
        response.set_content(ReadinessText(readiness), kPlainText);
      }
    });
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.status == 404) response.set_content(kPageList, kPlainText);
    });
  }

  void Serve(BoundedSocket& socket) {
    SocketStream stream(socket);
    bool closed = false;
    // "true": the connection ends after this request.
    process_request(stream, true, closed, nullptr);
    socket.Finish();
  }

 private:
  const Pages pages_;
};

HttpServer::HttpServer(Pages pages, HttpServerSettings settings)
    : router_(std::make_unique<Router>(std::move(pages))),
      listener_(std::make_unique<HttpListener>(
          settings.threads, [this, bounds = settings.bounds](int fd, int stop_fd) {
            BoundedSocket socket(fd, stop_fd, bounds);
            router_->Serve(socket);
          })) {}

HttpServer::~HttpServer() { Stop(); }

Status HttpServer::Start(const std::string& host, uint16_t port) {
  const StatusOr<uint16_t> bound = listener_->Start(host, port);
  if (!bound.ok()) return bound.status();
  port_ = *bound;
  return {};
}

void HttpServer::Stop() { listener_->Stop(); }

}  // namespace belfry::frontend::http
