// SPDX-License-Identifier: Apache-2.0
//
// Methods in terms of protobuf messages: AddUnary for one request and one response,
// AddServerStreaming for one request and a stream of responses. Bidirectional streams use
// CallHandler itself, with ParseMessage and WriteMessage.
//
// Fails: a request that does not parse ends its call with INVALID_ARGUMENT naming the message type;
// so do no request at all and more than one. Threads: Confined to the call's reactor, Responders
// included.
#pragma once

#include <google/protobuf/message_lite.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "broker/rpc/call.h"
#include "broker/rpc/service_table.h"
#include "common/status.h"

namespace belfry::rpc {

// INVALID_ARGUMENT naming the message type if the bytes do not parse.
Status ParseMessage(std::string_view bytes, google::protobuf::MessageLite& message);
// Writes `message` as the next message of the call.
void WriteMessage(Call& call, const google::protobuf::MessageLite& message);

// Everything of a unary call that does not depend on its types: collects the one request, and is
// what the copies of a Responder share.
class UnaryAnswer {
 public:
  explicit UnaryAnswer(Call* call) : call_(call) {}
  ~UnaryAnswer();
  UnaryAnswer(const UnaryAnswer&) = delete;
  UnaryAnswer& operator=(const UnaryAnswer&) = delete;

  void Answer(const google::protobuf::MessageLite& response);
  void Fail(const Status& status);
  void Detach() { call_ = nullptr; }
  Call* call() const { return call_; }

 private:
  Call* call_;  // null once answered or closed
};

// The right to answer one unary call, once, now or later. Copies share it. After the call has
// closed (or was answered) all of this does nothing; if the last copy goes without an answer the
// call ends with INTERNAL.
template <class Response>
class Responder {
 public:
  explicit Responder(std::shared_ptr<UnaryAnswer> answer) : answer_(std::move(answer)) {}

  void Answer(const Response& response) const { answer_->Answer(response); }
  void Fail(const Status& status) const { answer_->Fail(status); }
  // Null once answered or closed.
  Call* call() const { return answer_->call(); }

 private:
  std::shared_ptr<UnaryAnswer> answer_;
};

// Collects exactly one request message and then calls `begin` with it.
class OneRequest {
 public:
  OneRequest(Call& call, std::string_view type_name) : call_(call), type_name_(type_name) {}
  // Each returns true if the request is whole and the method may begin; false if it has ended the
  // call.
  bool OnMessage(std::string_view bytes, google::protobuf::MessageLite& request);
  bool OnHalfClose();

 private:
  Call& call_;
  const std::string type_name_;
  bool received_ = false;
  bool failed_ = false;
};

template <class Request, class Response>
class UnaryHandler final : public CallHandler {
 public:
  using Function = std::function<void(const Request&, Responder<Response>)>;

  UnaryHandler(Call& call, const Function& function)
      : one_request_(call, Request::default_instance().GetTypeName()),
        function_(function),
        answer_(std::make_shared<UnaryAnswer>(&call)) {}

  void OnMessage(std::string_view message) override {
    if (!one_request_.OnMessage(message, request_)) answer_->Detach();
  }
  void OnHalfClose() override {
    if (!one_request_.OnHalfClose()) {
      answer_->Detach();
      return;
    }
    // From here on only the function's copies hold the answer; a weak pointer serves OnClosed.
    open_answer_ = answer_;
    function_(request_, Responder<Response>(std::exchange(answer_, nullptr)));
  }
  void OnClosed(const Status&) override {
    if (answer_ != nullptr) answer_->Detach();
    if (auto answer = open_answer_.lock()) answer->Detach();
  }

 private:
  OneRequest one_request_;
  const Function& function_;  // lives in the service table
  Request request_;
  std::shared_ptr<UnaryAnswer> answer_;
  std::weak_ptr<UnaryAnswer> open_answer_;
};

template <class Request>
class ServerStreamingHandler final : public CallHandler {
 public:
  using Factory = std::function<std::unique_ptr<CallHandler>(const Request&, Call&)>;

  ServerStreamingHandler(Call& call, const Factory& factory)
      : call_(call),
        one_request_(call, Request::default_instance().GetTypeName()),
        factory_(factory),
        request_(std::make_unique<Request>()) {}

  void OnMessage(std::string_view message) override {
    if (request_ != nullptr) one_request_.OnMessage(message, *request_);
  }
  void OnHalfClose() override {
    if (one_request_.OnHalfClose()) inner_ = factory_(*request_, call_);
    request_ = nullptr;  // it may be large, and the stream long
  }
  void OnWritable() override {
    if (inner_ != nullptr) inner_->OnWritable();
  }
  void OnMoved() override {
    if (inner_ != nullptr) inner_->OnMoved();
  }
  void OnClosed(const Status& how) override {
    if (inner_ != nullptr) inner_->OnClosed(how);
  }

 private:
  Call& call_;
  OneRequest one_request_;
  const Factory& factory_;            // lives in the service table
  std::unique_ptr<Request> request_;  // until the factory has run
  std::unique_ptr<CallHandler> inner_;
};

// `function` gets the request and answers now or later.
template <class Request, class Response>
void AddUnary(ServiceTable& table, std::string path, MethodOptions options,
              typename UnaryHandler<Request, Response>::Function function) {
  auto shared = std::make_shared<const typename UnaryHandler<Request, Response>::Function>(
      std::move(function));
  table.Add(std::move(path), options, [shared](Call& call) {
    return std::make_unique<UnaryHandler<Request, Response>>(call, *shared);
  });
}

// `factory` gets the request (valid during the call only) and the call, and makes the handler that
// writes: of its callbacks OnWritable and OnClosed are used; OnMessage and OnHalfClose never are.
// It may also finish the call and return null.
template <class Request>
void AddServerStreaming(ServiceTable& table, std::string path, MethodOptions options,
                        typename ServerStreamingHandler<Request>::Factory factory) {
  auto shared =
      std::make_shared<const typename ServerStreamingHandler<Request>::Factory>(std::move(factory));
  table.Add(std::move(path), options, [shared](Call& call) {
    return std::make_unique<ServerStreamingHandler<Request>>(call, *shared);
  });
}

}  // namespace belfry::rpc
