// SPDX-License-Identifier: Apache-2.0
//
// Where a client is put together: options, executor, transport, core.
#include "belfry/client.h"

#include <utility>

#include "client-lib/src/client_core.h"
#include "client-lib/src/client_identity.h"
#include "client-lib/src/grpc_transport.h"
#include "client-lib/src/options_check.h"
#include "common/clock.h"

namespace belfry {

std::unique_ptr<Client> Client::Create(ClientOptions options, Error* error) {
  const Error wrong = client::CheckOptions(options);
  if (error != nullptr) *error = wrong;
  if (wrong) return nullptr;
  if (options.client_id.empty()) options.client_id = client::DefaultClientId();
  if (options.executor == nullptr) options.executor = MakeThreadPool(options.handler_threads);
  auto connector = client::MakeGrpcConnector(options.tls);
  auto core = std::make_shared<client::ClientCore>(
      std::move(options), std::make_unique<SystemClock>(), std::move(connector));
  core->Start();
  return std::unique_ptr<Client>(new Client(std::move(core)));
}

Client::Client(std::shared_ptr<client::ClientCore> core) : core_(std::move(core)) {}

Client::~Client() {
  core_->Close();
  core_->AwaitEnd();
}

Subscription Client::Subscribe(TopicFilter filter, MessageHandler handler,
                               SubscribeOptions options) {
  return core_->Subscribe(std::move(filter), std::move(handler), std::move(options));
}

std::future<PublishOutcome> Client::Publish(std::string_view topic, std::string_view payload,
                                            const PublishOptions& options) {
  std::promise<PublishOutcome> promise;
  std::future<PublishOutcome> future = promise.get_future();
  core_->Publish(topic, payload, options, std::move(promise));
  return future;
}

void Client::Publish(std::string_view topic, std::string_view payload,
                     const PublishOptions& options, PublishCallback done) {
  client::Completion completion;
  if (done) completion = std::move(done);
  core_->Publish(topic, payload, options, std::move(completion));
}

State Client::state() const { return core_->state(); }
bool Client::WaitUntilConnected(std::chrono::milliseconds timeout) {
  return core_->WaitUntilConnected(timeout);
}
bool Client::Flush(std::chrono::milliseconds timeout) { return core_->Flush(timeout); }
bool Client::Drain(std::chrono::milliseconds timeout) { return core_->Drain(timeout); }
void Client::Close() { core_->Close(); }
ClientStats Client::stats() const { return core_->stats(); }

}  // namespace belfry
