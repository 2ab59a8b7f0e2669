// SPDX-License-Identifier: Apache-2.0
#include "client-lib/examples/sse_node/web_server.h"

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>

#include "client-lib/examples/sse_node/gap_event.h"
#include "client-lib/examples/sse_node/page.h"
#include "client-lib/examples/sse_node/plain_text.h"
#include "client-lib/examples/sse_node/room_id.h"
#include "client-lib/examples/sse_node/sse_event.h"

namespace sse_node {
namespace {

constexpr size_t kBodyBytesMax = 64 * 1024;
// A thread each; a node that needs more viewers needs a server that is not one thread for each.
constexpr int kViewersMax = 256;
// For pages, posts and connections that a browser keeps open.
constexpr int kSpareThreads = 32;
// Often enough that a viewer who has gone gives back the thread within seconds.
constexpr auto kHeartbeat = std::chrono::seconds(5);
// A viewer that takes no byte for this long has gone.
constexpr auto kWriteTimeout = std::chrono::seconds(5);
constexpr auto kPlain = "text/plain; charset=utf-8";

void Refuse(httplib::Response& response, int status, std::string_view text) {
  response.status = status;
  response.set_content(std::string(text), kPlain);
}

std::string AckName(belfry::AckLevel level) {
  switch (level) {
    case belfry::AckLevel::kNone:
      return "null";
    case belfry::AckLevel::kAccepted:
      return "\"accepted\"";
    case belfry::AckLevel::kStored:
      return "\"stored\"";
    case belfry::AckLevel::kReplicated:
      return "\"replicated\"";
  }
  return "null";
}

// A page of another site must not speak in a room through its reader's browser.
bool IsFromElsewhere(const httplib::Request& request) {
  const std::string origin = request.get_header_value("Origin");
  return !origin.empty() && origin != "http://" + request.get_header_value("Host") &&
         origin != "https://" + request.get_header_value("Host");
}

void AnswerOutcome(httplib::Response& response, const belfry::PublishOutcome& outcome) {
  using Kind = belfry::PublishOutcome::Kind;
  if (outcome.kind == Kind::kOk) {
    response.set_content("{\"outcome\":\"ok\",\"achieved\":" + AckName(outcome.achieved) +
                             ",\"subscribers\":" + std::to_string(outcome.subscribers) +
                             ",\"nodes\":" + std::to_string(outcome.nodes) + "}\n",
                         "application/json");
  } else if (outcome.kind == Kind::kFailed) {
    Refuse(response, 503, "not published: " + outcome.error.text + "; send it again\n");
  } else {
    Refuse(response, 504,
           "it is not known whether this was published: " + outcome.error.text +
               "; look whether it appeared before you send it again\n");
  }
}

}  // namespace

struct WebServer::Parts {
  explicit Parts(Rooms& rooms_in) : rooms(rooms_in) {}

  void Configure();
  void ServePage();
  void ServeRooms();
  void StreamEvents(const httplib::Request& request, httplib::Response& response);

  Rooms& rooms;
  std::atomic<int> viewers{0};
  httplib::Server server;
};

void WebServer::Parts::Configure() {
  server.new_task_queue = [] { return new httplib::ThreadPool(kViewersMax + kSpareThreads); };
  // httplib would share the port with another process (SO_REUSEPORT) in silence.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_tcp_nodelay(true);  // an event must not wait for the next one
  server.set_keep_alive_timeout(2);
  server.set_write_timeout(kWriteTimeout);
  server.set_payload_max_length(kBodyBytesMax);
  server.set_default_headers(
      {{"Cache-Control", "no-store"},
       {"X-Content-Type-Options", "nosniff"},
       {"Referrer-Policy", "no-referrer"},
       {"Content-Security-Policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"}});
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (!response.body.empty()) return;
    if (response.status == 400) Refuse(response, 400, "the request is malformed; see GET /\n");
    if (response.status == 404) Refuse(response, 404, "nothing here; see GET /\n");
    if (response.status == 413) Refuse(response, 413, "a message is at most 64 KiB; send less\n");
  });
}

void WebServer::Parts::ServePage() {
  for (const PageFile& file : kPageFiles) {
    server.Get(
        std::string(file.path), [&file](const httplib::Request&, httplib::Response& response) {
          response.set_content(file.text.data(), file.text.size(), std::string(file.content_type));
        });
  }
  server.Get("/healthz", [this](const httplib::Request&, httplib::Response& response) {
    const bool connected = rooms.connected();
    response.status = connected ? 200 : 503;
    response.set_content(std::string("{\"broker\":\"") +
                             (connected ? "connected" : "reconnecting") +
                             "\",\"viewers\":" + std::to_string(viewers) + "}\n",
                         "application/json");
  });
}

void WebServer::Parts::ServeRooms() {
  // With a content reader the body comes as it is: httplib would otherwise parse a body that curl's
  // -d calls a form, and refuse one over 8 KiB.
  server.Post("/rooms/([^/]*)", [this](const httplib::Request& request, httplib::Response& response,
                                       const httplib::ContentReader& read) {
    std::string body;
    const bool whole = read([&body](const char* data, size_t size) {
      body.append(data, size);
      return body.size() <= kBodyBytesMax;
    });
    const std::string room_id = request.matches[1];
    if (IsFromElsewhere(request)) return Refuse(response, 403, "post from this node's own page\n");
    if (!IsRoomId(room_id)) return Refuse(response, 400, kRoomIdRule);
    if (body.size() > kBodyBytesMax) response.status = 413;
    if (!whole) return;  // httplib has set the status, and the error handler adds the text
    if (body.empty()) return Refuse(response, 400, "the message is empty; send a body\n");
    if (!IsPlainText(body)) return Refuse(response, 400, "a message is UTF-8 text; encode it\n");
    AnswerOutcome(response, rooms.Publish(room_id, body));
  });
  server.Get("/rooms/([^/]*)/events",
             [this](const httplib::Request& request, httplib::Response& response) {
               StreamEvents(request, response);
             });
}

void WebServer::Parts::StreamEvents(const httplib::Request& request, httplib::Response& response) {
  const std::string room_id = request.matches[1];
  if (!IsRoomId(room_id)) return Refuse(response, 400, kRoomIdRule);
  if (viewers.fetch_add(1) >= kViewersMax) {
    --viewers;
    response.set_header("Retry-After", "5");
    return Refuse(response, 503, "this node has as many viewers as it serves; try another node\n");
  }
  std::shared_ptr<Seat> seat = rooms.Enter(room_id);
  if (seat == nullptr) {
    --viewers;
    return Refuse(response, 503, "this node is stopping; try another node\n");
  }
  // A browser that comes back names the last event it saw. Nothing is kept for it, so it is told
  // that something may be missing: before all that its seat has gathered since it was taken.
  std::string opening;
  if (request.has_header("Last-Event-ID")) opening = GapEvent("viewer_reconnect", std::nullopt);
  response.set_header("X-Accel-Buffering", "no");  // a proxy in front must not hold events back
  response.set_chunked_content_provider(
      "text/event-stream",
      [seat, opening](size_t, httplib::DataSink& sink) mutable {
        if (!opening.empty()) {
          const std::string text = std::exchange(opening, {});
          return sink.write(text.data(), text.size());
        }
        const ViewerQueue::Popped popped = seat->queue().Pop(kHeartbeat);
        if (popped.closed) {
          sink.done();
          return true;
        }
        const std::string_view text = popped.text.empty() ? kHeartbeatText : popped.text;
        return sink.write(text.data(), text.size());
      },
      [this](bool) { --viewers; });
}

WebServer::WebServer(Rooms& rooms) : parts_(std::make_unique<Parts>(rooms)) {
  parts_->Configure();
  parts_->ServePage();
  parts_->ServeRooms();
}

WebServer::~WebServer() = default;

uint16_t WebServer::Listen(const std::string& host, uint16_t port) {
  if (port != 0) return parts_->server.bind_to_port(host, port) ? port : 0;
  const int taken = parts_->server.bind_to_any_port(host);
  return taken > 0 ? static_cast<uint16_t>(taken) : 0;
}

void WebServer::Run() { parts_->server.listen_after_bind(); }

void WebServer::Stop() {
  // httplib forgets a stop that comes before its loop has begun.
  for (int i = 0; i < 1000 && !parts_->server.is_running(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  parts_->server.stop();
}

}  // namespace sse_node
