// SPDX-License-Identifier: Apache-2.0
//
// A network with a life of its own: each connection is a thread that plays a small broker. It
// welcomes, confirms every subscription, answers every publish, and sends what is published back to
// the client if it has subscribed to anything. It can drop a connection after so many frames.
//
// Lifecycle: a connection's thread ends with its stream; the connector's destructor joins them all.
// Threads: Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "belfry/v1/broker.pb.h"
#include "client-lib/src/transport.h"
#include "common/mutex.h"

namespace belfry::client {

class LoopbackTransport final : public Transport {
 public:
  explicit LoopbackTransport(int frames_until_break) : frames_left_(frames_until_break) {}
  ~LoopbackTransport() override {
    // The last to know the client may be this very thread, on its way out.
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();
    } else if (thread_.joinable()) {
      thread_.join();
    }
  }

  void Start(std::shared_ptr<TransportEvents> events) override {
    thread_ = std::thread([this, events = std::move(events)] { Run(*events); });
  }
  void Write(OutFrame frame) override {
    MutexLock lock(mutex_);
    frames_.push_back(std::move(frame));
    changed_.notify_all();
  }
  void Cancel() override {
    MutexLock lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }

 private:
  std::optional<OutFrame> Next() {
    MutexLock lock(mutex_);
    while (frames_.empty() && !cancelled_) changed_.wait(lock);
    if (cancelled_) return std::nullopt;
    OutFrame frame = std::move(frames_.front());
    frames_.pop_front();
    return frame;
  }
  void Run(TransportEvents& events) {
    while (std::optional<OutFrame> bytes = Next()) {
      v1::ClientFrame frame;
      frame.ParseFromString(std::string(bytes->bytes()));
      events.OnWriteDone();
      if (frame.has_goodbye() || frames_left_-- == 0) break;
      Answer(frame, events);
    }
    events.OnClosed(Error{Error::kConnectionLost, "ended", true, 0});
  }
  void Answer(const v1::ClientFrame& frame, TransportEvents& events) {
    v1::ServerFrame answer;
    if (frame.has_hello()) {
      answer.mutable_welcome()->set_resume_token("0123456789abcdef");
      answer.mutable_welcome()->set_heartbeat_ms(1000);
    } else if (frame.has_subscribe()) {
      subscribed_ = true;
      for (const v1::Subscribe& subscribe : frame.subscribe().subscriptions()) {
        answer.mutable_subscribed()->add_results()->set_id(subscribe.id());
      }
    } else if (frame.has_unsubscribe()) {
      for (const uint32_t id : frame.unsubscribe().ids()) {
        v1::SubscribeResult* result = answer.mutable_subscribed()->add_results();
        result->set_id(id);
        result->set_verdict(v1::VERDICT_REMOVED);
      }
    } else if (frame.has_publish()) {
      if (subscribed_) Echo(frame.publish(), events);
      answer.mutable_published()->set_producer_id(frame.publish().producer_id());
      answer.mutable_published()->set_ok_through(frame.publish().first_sequence() +
                                                 frame.publish().messages_size() - 1);
    } else if (frame.has_ping()) {
      answer.mutable_heartbeat()->set_nonce(frame.ping().nonce());
    } else {
      return;
    }
    Say(answer, events);
  }
  void Echo(const v1::PublishBatch& batch, TransportEvents& events) {
    v1::ServerFrame deliver;
    for (const v1::Publish& publish : batch.messages()) {
      v1::Message* message = deliver.mutable_deliver()->add_messages();
      message->set_topic(publish.topic());
      message->set_payload(publish.payload());
    }
    Say(deliver, events);
  }
  static void Say(const v1::ServerFrame& frame, TransportEvents& events) {
    auto owner = std::make_shared<std::string>(frame.SerializeAsString());
    const std::string_view bytes = *owner;
    events.OnFrame(FrameBytes{std::move(owner), bytes});
  }

  int frames_left_;
  bool subscribed_ = false;
  std::thread thread_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<OutFrame> frames_ BELFRY_GUARDED_BY(mutex_);
  bool cancelled_ BELFRY_GUARDED_BY(mutex_) = false;
};

class LoopbackConnector final : public Connector {
 public:
  // -1: connections last.
  explicit LoopbackConnector(int frames_until_break = -1)
      : frames_until_break_(frames_until_break) {}

  std::shared_ptr<Transport> Create(const std::string&, Error*) override {
    connections_.push_back(std::make_shared<LoopbackTransport>(frames_until_break_));
    return connections_.back();
  }

 private:
  const int frames_until_break_;
  std::vector<std::shared_ptr<LoopbackTransport>> connections_;
};

}  // namespace belfry::client
