// SPDX-License-Identifier: Apache-2.0
#include "cli/admin.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

#include "belfry/v1/admin.grpc.pb.h"
#include "cli/text.h"

namespace belfry::cli {

struct Admin::Server {
  std::string address;
  std::unique_ptr<v1::Admin::Stub> stub;
};
struct Admin::Servers {
  std::vector<Server> all;
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
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 200);
  // As the client library connects: straight to the broker, whatever proxy the environment names
  // for the web, and without a DNS question about gRPC's own configuration.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

// Codes equal gRPC's one to one.
Status FromGrpc(const grpc::Status& status, const std::string& address) {
  return MakeStatus(static_cast<StatusCode>(status.error_code()),
                    fmt::format("{}: {}", address, status.error_message()));
}

template <class Request, class Response>
using Call = grpc::Status (v1::Admin::Stub::*)(grpc::ClientContext*, const Request&, Response*);

// Asks one after the other; `server` gets the place of the one that answered.
template <class Request, class Response, class AllServers>
Status AskEach(AllServers& servers, Call<Request, Response> call, const Request& request,
               Duration patience, Response& response, std::string& server) {
  Status status = Unavailable("no server given");
  for (auto& asked : servers) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::ceil<std::chrono::microseconds>(patience));
    const grpc::Status answered = (asked.stub.get()->*call)(&context, request, &response);
    if (answered.ok()) {
      server = asked.address;
      return Status();
    }
    status = FromGrpc(answered, asked.address);
  }
  return status;
}

}  // namespace

Admin::Admin(std::unique_ptr<Servers> servers) : servers_(std::move(servers)) {}
Admin::~Admin() = default;

StatusOr<std::unique_ptr<Admin>> Admin::Create(const GlobalOptions& global) {
  auto credentials = CredentialsFor(global);
  if (!credentials.ok()) return credentials.status();
  auto servers = std::make_unique<Servers>();
  for (const std::string& address : global.servers) {
    servers->all.push_back({address, v1::Admin::NewStub(ChannelTo(address, *credentials))});
  }
  return std::unique_ptr<Admin>(new Admin(std::move(servers)));
}

StatusOr<NodeReport> Admin::GetNode(Duration patience) {
  v1::NodeStatus node;
  NodeReport report;
  if (Status status = AskEach(servers_->all, &v1::Admin::Stub::GetNode, v1::GetNodeRequest(),
                              patience, node, report.server);
      !status.ok()) {
    return status;
  }
  report.node_id = node.node_id();
  report.cluster_id = node.cluster_id();
  report.version = node.version();
  report.ready = node.ready();
  report.reasons.assign(node.reasons().begin(), node.reasons().end());
  report.uptime_ms = node.uptime_ms();
  report.reactors = node.reactors();
  report.connections = node.connections();
  report.sessions = node.sessions();
  report.subscriptions = node.subscriptions();
  report.messages_in = node.messages_in();
  report.deliveries_out = node.deliveries_out();
  report.dropped = node.dropped();
  report.messages_in_per_s = node.messages_in_per_s();
  report.deliveries_out_per_s = node.deliveries_out_per_s();
  report.resident_bytes = node.resident_bytes();
  report.cpu_us = node.cpu_us();
  return report;
}

StatusOr<TopicReport> Admin::GetTopic(const std::string& topic, Duration patience) {
  v1::GetTopicRequest request;
  request.set_topic(topic);
  v1::TopicStatus answer;
  std::string server;
  if (Status status =
          AskEach(servers_->all, &v1::Admin::Stub::GetTopic, request, patience, answer, server);
      !status.ok()) {
    return status;
  }
  return TopicReport{answer.subscribers(), answer.nodes()};
}

}  // namespace belfry::cli
