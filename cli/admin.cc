// SPDX-License-Identifier: Apache-2.0
#include "cli/admin.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "belfry/v1/admin.grpc.pb.h"
#include "cli/admin_problem.h"
#include "cli/text.h"
#include "common/mutex.h"

namespace belfry::cli {

namespace {

struct Server {
  std::string address;
  std::unique_ptr<v1::Admin::Stub> stub;
};

}  // namespace

struct Admin::Servers {
  std::vector<Server> all;
  bool tls = false;
  Mutex mutex;
  // The call under way.
  grpc::ClientContext* asking BELFRY_GUARDED_BY(mutex) = nullptr;
  bool cancelled BELFRY_GUARDED_BY(mutex) = false;
};

namespace {

// Credentials are small; this stops at a device or a log given by mistake.
constexpr size_t kPemBytesMax = 1 << 20;

StatusOr<std::string> ReadPem(const std::string& path) {
  std::string text;
  if (path.empty()) return text;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return NotFound(
        fmt::format("cannot read {}; check the path and its permissions", TerminalText(path)));
  }
  char buffer[4096];
  size_t got = 0;
  while (text.size() <= kPemBytesMax && (got = std::fread(buffer, 1, sizeof buffer, file)) > 0) {
    text.append(buffer, got);
  }
  std::fclose(file);
  if (text.empty() || text.size() > kPemBytesMax) {
    return InvalidArgument(fmt::format("{} is no PEM file; give another", TerminalText(path)));
  }
  return text;
}

StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsFor(const GlobalOptions& global) {
  if (global.tls_ca.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  for (const auto& [path, text] : {std::pair{&global.tls_ca, &options.pem_root_certs},
                                   std::pair{&global.tls_cert, &options.pem_cert_chain},
                                   std::pair{&global.tls_key, &options.pem_private_key}}) {
    auto pem = ReadPem(*path);
    if (!pem.ok()) return pem.status();
    *text = *std::move(pem);
  }
  return grpc::SslCredentials(options);
}

std::shared_ptr<grpc::Channel> ChannelTo(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // Whoever polls for a broker that is starting wants to see it soon, not after gRPC's first
  // second.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  // How long one attempt may take: a machine under load needs more than a second now and then.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  // As the client library connects: straight to the broker, whatever proxy the environment names
  // for the web, and without a DNS question about gRPC's own configuration.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

// Codes equal gRPC's one to one.
Status FromGrpc(const grpc::Status& status, const std::string& address, bool tls) {
  const bool unavailable = status.error_code() == grpc::StatusCode::UNAVAILABLE;
  return MakeStatus(static_cast<StatusCode>(status.error_code()),
                    fmt::format("{}: {}", address,
                                unavailable ? ConnectFailure(status.error_message(), tls)
                                            : status.error_message()));
}

// Nobody was there to answer.
bool IsSilence(const Status& status) {
  return status.code() == StatusCode::kUnavailable ||
         status.code() == StatusCode::kDeadlineExceeded;
}

auto DeadlineIn(Duration patience) {
  return std::chrono::system_clock::now() + std::chrono::ceil<std::chrono::microseconds>(patience);
}

// A call that Cancel can end.
template <class AllServers>
class Asking {
 public:
  explicit Asking(AllServers& servers) : servers_(servers) {
    const MutexLock lock(servers_.mutex);
    servers_.asking = &context_;
    if (servers_.cancelled) context_.TryCancel();
  }
  ~Asking() {
    const MutexLock lock(servers_.mutex);
    servers_.asking = nullptr;
  }
  grpc::ClientContext& context() { return context_; }

 private:
  AllServers& servers_;
  grpc::ClientContext context_;
};

// One after the other, until one answers with OK. What a server answered tells more than that
// another one is silent.
template <class AllServers, class Ask>
Status AskEach(AllServers& servers, const Ask& ask) {
  std::optional<Status> told;
  for (Server& server : servers.all) {
    Status status = ask(server);
    if (status.ok()) return status;
    if (!told || IsSilence(*told)) told = std::move(status);
  }
  return told.value_or(Unavailable("no server given"));
}

template <class Request, class Response>
using Call = grpc::Status (v1::Admin::Stub::*)(grpc::ClientContext*, const Request&, Response*);

// `address` gets that of the one that answered.
template <class Request, class Response, class AllServers>
Status AskOnce(AllServers& servers, Call<Request, Response> call, const Request& request,
               Duration patience, Response& response, std::string* address = nullptr) {
  return AskEach(servers, [&](Server& server) {
    Asking<AllServers> asking(servers);
    asking.context().set_deadline(DeadlineIn(patience));
    const grpc::Status answered = (server.stub.get()->*call)(&asking.context(), request, &response);
    if (!answered.ok()) return FromGrpc(answered, server.address, servers.tls);
    if (address != nullptr) *address = server.address;
    return Status();
  });
}

template <class Request, class Response>
using PrepareList = std::unique_ptr<grpc::ClientAsyncReader<Response>> (v1::Admin::Stub::*)(
    grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

// One list from one server. With a completion queue, because a plain call knows only a deadline for
// the whole list, and a long one takes as long as whoever reads it.
template <class Response>
class ListReader {
 public:
  ListReader(grpc::ClientContext& context, Duration patience)
      : context_(context), patience_(patience) {}
  ~ListReader() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  grpc::CompletionQueue& queue() { return queue_; }

  template <class Take>
  grpc::Status Read(grpc::ClientAsyncReader<Response>& reader, const Take& take) {
    reader.StartCall(this);
    Response item;
    for (bool more = Await(); more;) {
      reader.Read(&item, this);
      more = Await();
      if (more && !take(item)) {
        stopped_ = true;
        context_.TryCancel();
        break;
      }
    }
    grpc::Status status;
    reader.Finish(&status, this);
    Await();
    if (timed_out_) return {grpc::DEADLINE_EXCEEDED, "nothing came for too long"};
    return stopped_ ? grpc::Status::OK : status;
  }

 private:
  // Of the one operation under way. When patience is over the call is cancelled, and then it ends
  // soon.
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    if (queue_.AsyncNext(&tag, &ok, DeadlineIn(patience_)) == grpc::CompletionQueue::GOT_EVENT) {
      return ok;
    }
    timed_out_ = true;
    context_.TryCancel();
    queue_.Next(&tag, &ok);
    return false;
  }

  grpc::ClientContext& context_;
  const Duration patience_;
  grpc::CompletionQueue queue_;
  bool timed_out_ = false;
  bool stopped_ = false;
};

// The next server is asked only as long as none has sent anything: a list is of one node.
template <class Request, class Response, class AllServers, class Take>
Status AskList(AllServers& servers, PrepareList<Request, Response> prepare, const Request& request,
               Duration patience, const Take& take) {
  std::optional<Status> broken;
  bool any = false;
  const Status status = AskEach(servers, [&](Server& server) {
    if (broken) return *broken;
    Asking<AllServers> asking(servers);
    ListReader<Response> list(asking.context(), patience);
    const auto reader = (server.stub.get()->*prepare)(&asking.context(), request, &list.queue());
    const grpc::Status ended = list.Read(*reader, [&](const Response& item) {
      any = true;
      return take(item);
    });
    if (ended.ok()) return Status();
    Status failed = FromGrpc(ended, server.address, servers.tls);
    if (any) broken = failed;
    return failed;
  });
  return broken.value_or(status);
}

NodeReport FromWire(const v1::NodeStatus& node, std::string server) {
  NodeReport report;
  report.server = std::move(server);
  report.node_id = node.node_id();
  report.cluster_id = node.cluster_id();
  report.version = node.version();
  report.ready = node.ready();
  report.reasons.assign(node.reasons().begin(), node.reasons().end());
  report.uptime_ms = node.uptime_ms();
  report.reactors = node.reactors();
  report.connections = node.connections();
  report.sessions = node.sessions();
  report.sessions_parked = node.sessions_parked();
  report.sessions_resumed = node.sessions_resumed();
  report.subscriptions = node.subscriptions();
  report.messages_in = node.messages_in();
  report.deliveries_out = node.deliveries_out();
  report.dropped = node.dropped();
  report.shed = node.shed();
  report.conflated = node.conflated();
  report.messages_in_per_s = node.messages_in_per_s();
  report.deliveries_out_per_s = node.deliveries_out_per_s();
  report.resident_bytes = node.resident_bytes();
  report.cpu_us = node.cpu_us();
  report.memory_used = node.memory_used();
  report.memory_limit = node.memory_limit();
  report.topics_tracked = node.topics_tracked();
  report.messages_untracked = node.messages_untracked();
  return report;
}

TopicReport FromWire(const v1::TopicStatus& topic) {
  TopicReport report;
  report.topic = topic.topic();
  report.subscribers = topic.subscribers();
  report.nodes = topic.nodes();
  report.messages_in = topic.messages_in();
  report.messages_in_per_s = topic.messages_in_per_s();
  report.last_published_unix_ms = topic.last_published_unix_ms();
  report.incomplete = topic.incomplete();
  return report;
}

SessionReport FromWire(const v1::SessionStatus& session) {
  SessionReport report;
  report.session_id = session.session_id();
  report.client_id = session.client_id();
  report.principal = session.principal();
  report.address = session.address();
  report.parked = session.state() == v1::SESSION_STATE_PARKED;
  report.slow = session.slow();
  report.subscriptions = session.subscriptions();
  report.queued_messages = session.queued_messages();
  report.queued_bytes = session.queued_bytes();
  report.oldest_ms = session.oldest_ms();
  report.unacknowledged_bytes = session.unacknowledged_bytes();
  report.delivered = session.delivered();
  report.dropped = session.dropped();
  report.age_ms = session.age_ms();
  report.parked_ms = session.parked_ms();
  report.incarnation = session.incarnation();
  return report;
}

}  // namespace

Admin::Admin(std::unique_ptr<Servers> servers) : servers_(std::move(servers)) {}
Admin::~Admin() = default;

StatusOr<std::unique_ptr<Admin>> Admin::Create(const GlobalOptions& global) {
  auto credentials = CredentialsFor(global);
  if (!credentials.ok()) return credentials.status();
  auto servers = std::make_unique<Servers>();
  servers->tls = !global.tls_ca.empty();
  for (const std::string& address : global.servers) {
    servers->all.push_back({address, v1::Admin::NewStub(ChannelTo(address, *credentials))});
  }
  return std::unique_ptr<Admin>(new Admin(std::move(servers)));
}

StatusOr<NodeReport> Admin::GetNode(Duration patience) {
  v1::NodeStatus node;
  std::string address;
  const Status status =
      AskOnce(*servers_, &v1::Admin::Stub::GetNode, v1::GetNodeRequest(), patience, node, &address);
  if (!status.ok()) return status;
  return FromWire(node, std::move(address));
}

StatusOr<TopicReport> Admin::GetTopic(const std::string& topic, Duration patience) {
  v1::GetTopicRequest request;
  request.set_topic(topic);
  v1::TopicStatus answer;
  const Status status = AskOnce(*servers_, &v1::Admin::Stub::GetTopic, request, patience, answer);
  if (!status.ok()) return status;
  return FromWire(answer);
}

StatusOr<SessionReport> Admin::GetSession(const std::string& session_id, Duration patience) {
  v1::GetSessionRequest request;
  request.set_session_id(session_id);
  v1::SessionStatus answer;
  const Status status = AskOnce(*servers_, &v1::Admin::Stub::GetSession, request, patience, answer);
  if (!status.ok()) return status;
  return FromWire(answer);
}

Status Admin::KickSession(const std::string& session_id, Duration patience) {
  v1::KickSessionRequest request;
  request.set_session_id(session_id);
  v1::KickSessionResponse answer;
  return AskOnce(*servers_, &v1::Admin::Stub::KickSession, request, patience, answer);
}

Status Admin::ListTopics(const std::string& filter, Duration patience,
                         const std::function<bool(TopicReport)>& take) {
  v1::ListTopicsRequest request;
  request.set_filter(filter);
  const PrepareList<v1::ListTopicsRequest, v1::TopicStatus> prepare =
      &v1::Admin::Stub::PrepareAsyncListTopics;
  return AskList(*servers_, prepare, request, patience,
                 [&](const v1::TopicStatus& topic) { return take(FromWire(topic)); });
}

Status Admin::ListSessions(bool slow_only, Duration patience,
                           const std::function<bool(SessionReport)>& take) {
  v1::ListSessionsRequest request;
  request.set_slow_only(slow_only);
  const PrepareList<v1::ListSessionsRequest, v1::SessionStatus> prepare =
      &v1::Admin::Stub::PrepareAsyncListSessions;
  return AskList(*servers_, prepare, request, patience,
                 [&](const v1::SessionStatus& session) { return take(FromWire(session)); });
}

void Admin::Cancel() {
  const MutexLock lock(servers_->mutex);
  servers_->cancelled = true;
  if (servers_->asking != nullptr) servers_->asking->TryCancel();
}

}  // namespace belfry::cli
