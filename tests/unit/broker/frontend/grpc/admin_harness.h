// SPDX-License-Identifier: Apache-2.0
//
// The Admin service of a node of some reactors that are driven by hand: clients with sessions on
// them, and calls of the service's methods on the first.
//
// Threads: Confined to the test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "belfry/v1/admin.pb.h"
#include "broker/frontend/grpc/admin_service.h"
#include "tests/support/fake_call.h"
#include "tests/support/hand_driven_node.h"
#include "tests/support/recording_sink.h"

namespace belfry::frontend::grpc {

// A client: a session, and what it sees.
struct Client {
  test::RecordingSink sink;
  std::unique_ptr<core::Session> session;
};

class AdminHarness : public testing::Test {
 protected:
  explicit AdminHarness(test::HandDrivenNode::Options options = {.reactors = 3})
      : node_(options), reactor_(0, node_.clock) {
    for (const auto& broker : node_.brokers) context_.brokers.push_back(broker.get());
    context_.clock = &node_.clock;
    context_.started_at = node_.clock.Now();
    context_.readiness = [] { return observability::Readiness{true, {}}; };
    context_.totals = [] { return NodeTotals{.sessions_parked = 4, .topics_tracked = 5}; };
    context_.settings = [] {
      return std::vector<Setting>{{"limits.topics", "7", "100000", "Most topics", false}};
    };
    AddAdminService(table_, context_);
  }

  // One call of a method.
  struct Calling {
    explicit Calling(reactor::Reactor& reactor) : call(reactor) {}
    ~Calling() { Close(); }
    void Close() {
      if (handler != nullptr) handler->OnClosed(Status());
      handler.reset();
    }
    test::FakeCall call;
    std::unique_ptr<rpc::CallHandler> handler;
  };
  std::unique_ptr<Calling> Begin(const std::string& method,
                                 const google::protobuf::MessageLite& request,
                                 bool writable = true) {
    auto calling = std::make_unique<Calling>(reactor_);
    calling->call.set_writable(writable);
    calling->handler = table_.Find("/belfry.v1.Admin/" + method)->make_handler(calling->call);
    calling->handler->OnMessage(request.SerializeAsString());
    calling->handler->OnHalfClose();
    return calling;
  }
  template <class Response>
  std::vector<Response> List(const std::string& method,
                             const google::protobuf::MessageLite& request) {
    const auto calling = Begin(method, request);
    node_.Settle();
    EXPECT_EQ(calling->call.status(), Status());
    return calling->call.template Take<Response>();
  }
  // The response, or the status.
  template <class Response>
  StatusOr<Response> Call(const std::string& method, const google::protobuf::MessageLite& request) {
    const auto calling = Begin(method, request);
    node_.Settle();
    if (!calling->call.status()) return Internal("no answer");
    if (!calling->call.status()->ok()) return *calling->call.status();
    return calling->call.template Take<Response>().at(0);
  }

  Client& Connect(size_t reactor, core::SessionOptions options) {
    Client& client = *clients_.emplace_back(std::make_unique<Client>());
    ErrorCode refused = ErrorCode::kNone;
    client.session = node_.broker(reactor).Open(client.sink, std::move(options), &refused);
    return client;
  }
  static void Subscribe(Client& client, uint32_t id, FilterView filter) {
    client.session->Subscribe(id, filter, core::OverflowPolicy::kDropOldest, false);
  }
  void Publish(size_t reactor, std::string_view topic) {
    node_.broker(reactor).Publish(test::Message(topic, "x"), "");
  }
  void Pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      node_.clock.Advance(std::chrono::seconds(1));
      for (const auto& broker : node_.brokers) broker->Tick();
    }
  }
  std::vector<std::string> TopicNames(const std::string& filter) {
    v1::ListTopicsRequest request;
    request.set_filter(filter);
    std::vector<std::string> names;
    for (const v1::TopicStatus& topic : List<v1::TopicStatus>("ListTopics", request)) {
      names.push_back(topic.topic());
    }
    return names;
  }
  v1::TopicStatus Topic(const std::string& topic) {
    v1::GetTopicRequest request;
    request.set_topic(topic);
    return Call<v1::TopicStatus>("GetTopic", request).value();
  }
  StatusOr<v1::SessionStatus> Session(const std::string& id) {
    v1::GetSessionRequest request;
    request.set_session_id(id);
    return Call<v1::SessionStatus>("GetSession", request);
  }
  StatusOr<v1::KickSessionResponse> Kick(const std::string& id) {
    v1::KickSessionRequest request;
    request.set_session_id(id);
    return Call<v1::KickSessionResponse>("KickSession", request);
  }

  test::HandDrivenNode node_;
  reactor::Reactor reactor_;
  ServiceContext context_;
  rpc::ServiceTable table_;
  std::vector<std::unique_ptr<Client>> clients_;
};

inline FilterView Literal(std::string_view text) { return {FilterKind::kLiteral, text}; }
inline FilterView Wildcard(std::string_view text) { return {FilterKind::kWildcard, text}; }

}  // namespace belfry::frontend::grpc
