// SPDX-License-Identifier: Apache-2.0
//
// A ClientCore on a FakeTransport and a ManualClock, with handlers run in place: every test is a
// script.
//
// Threads: Confined to the test.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "belfry/client.h"
#include "client-lib/src/client_core.h"
#include "common/clock.h"
#include "tests/unit/client-lib/fake_transport.h"

namespace belfry::client {

class ClientHarness {
 public:
  explicit ClientHarness(ClientOptions options = {}) {
    if (options.client_id.empty()) options.client_id = "test-client";
    if (options.executor == nullptr) options.executor = MakeInlineExecutor();
    auto user_on_state = std::move(options.on_state);
    options.on_state = [this, user_on_state](const StateChange& change) {
      changes.push_back(change);
      if (user_on_state) user_on_state(change);
    };
    auto clock_owner = std::make_unique<ManualClock>();
    auto connector_owner = std::make_unique<FakeConnector>();
    clock = clock_owner.get();
    connector = connector_owner.get();
    core = std::make_shared<ClientCore>(std::move(options), std::move(clock_owner),
                                        std::move(connector_owner));
  }
  ~ClientHarness() {
    core->Close();
    if (!connector->transports.empty() && transport().open()) transport().End();
  }

  FakeTransport& transport() { return *connector->transports.back(); }
  size_t attempts() const { return connector->transports.size(); }

  void Advance(Duration by) {
    clock->Advance(by);
    core->Step();
  }
  // Waits out the backoff, whatever the jitter, until a new attempt is made.
  void AwaitAttempt() {
    const size_t before = attempts();
    for (int i = 0; i < 100 && attempts() == before; ++i) Advance(std::chrono::milliseconds(100));
    ASSERT_EQ(attempts(), before + 1);
  }

  static v1::ServerFrame WelcomeFrame() {
    v1::ServerFrame frame;
    v1::Welcome* welcome = frame.mutable_welcome();
    welcome->set_version(1);
    welcome->set_node_id("node-1");
    welcome->set_resume_token("0123456789abcdef");
    welcome->set_heartbeat_ms(5000);
    welcome->mutable_limits()->set_payload_bytes(1 << 20);
    welcome->mutable_limits()->set_topic_bytes(512);
    welcome->mutable_limits()->set_frame_bytes(2 << 20);
    return frame;
  }
  // An attempt is under way: Hello is written, Welcome said.
  void Welcome(const v1::ServerFrame& frame = WelcomeFrame()) {
    ASSERT_TRUE(transport().last().has_hello());
    transport().FinishWrites();
    transport().Say(frame);
  }
  void Connect() {
    core->Step();
    ASSERT_EQ(attempts(), 1u);
    Welcome();
  }
  void Break() { transport().End(Error{Error::kConnectionLost, "reset", true, 0}); }
  void Reconnect(const v1::ServerFrame& frame = WelcomeFrame()) {
    Break();
    AwaitAttempt();
    Welcome(frame);
  }

  // Answers the SubscribeBatch written last, all confirmed.
  void ConfirmLast() {
    ASSERT_TRUE(transport().last().has_subscribe());
    v1::ServerFrame frame;
    for (const v1::Subscribe& subscribe : transport().last().subscribe().subscriptions()) {
      frame.mutable_subscribed()->add_results()->set_id(subscribe.id());
    }
    transport().FinishWrites();
    transport().Say(frame);
  }

  static void AddMessage(v1::ServerFrame* frame, const std::string& topic,
                         const std::string& payload) {
    v1::Message* message = frame->mutable_deliver()->add_messages();
    message->set_topic(topic);
    message->set_payload(payload);
  }
  void Deliver(const std::string& topic, const std::string& payload) {
    v1::ServerFrame frame;
    AddMessage(&frame, topic, payload);
    transport().Say(frame);
  }
  void SayGap(v1::GapCause cause) {
    v1::ServerFrame frame;
    frame.mutable_gap()->set_cause(cause);
    transport().Say(frame);
  }

  std::future<PublishOutcome> Publish(const std::string& topic, const std::string& payload,
                                      const PublishOptions& options = {}) {
    std::promise<PublishOutcome> promise;
    std::future<PublishOutcome> future = promise.get_future();
    core->Publish(topic, payload, options, std::move(promise));
    return future;
  }
  // The broker took in everything up to `sequence`.
  void AckThrough(uint64_t sequence) {
    v1::ServerFrame frame;
    frame.mutable_published()->set_producer_id(producer_id());
    frame.mutable_published()->set_ok_through(sequence);
    transport().Say(frame);
  }
  std::string producer_id() const {
    for (const auto& transport : connector->transports) {
      for (const v1::ClientFrame& frame : transport->written()) {
        if (frame.has_publish()) return frame.publish().producer_id();
      }
    }
    return "";
  }
  static bool Settled(const std::future<PublishOutcome>& future) {
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  ManualClock* clock;
  FakeConnector* connector;
  std::shared_ptr<ClientCore> core;
  std::vector<StateChange> changes;
};

}  // namespace belfry::client
