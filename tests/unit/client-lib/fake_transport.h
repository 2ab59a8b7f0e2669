// SPDX-License-Identifier: Apache-2.0
//
// A network that does what a test says: every attempt is a FakeTransport that keeps what was
// written and says what it is told to say. Nothing happens by itself, and nothing from inside Write
// or Cancel.
//
// Threads: Confined to the test. Ownership: the connector keeps all transports it made.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "belfry/v1/broker.pb.h"
#include "client-lib/src/transport.h"

namespace belfry::client {

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(std::string endpoint) : endpoint_(std::move(endpoint)) {}

  void Start(std::shared_ptr<TransportEvents> events) override { events_ = std::move(events); }
  void Write(OutFrame frame) override {
    EXPECT_FALSE(writing_) << "two writes in flight";
    writing_ = true;
    v1::ClientFrame parsed;
    const std::string bytes(frame.bytes());
    EXPECT_TRUE(parsed.ParseFromString(bytes));
    sizes_.push_back(bytes.size());
    written_.push_back(std::move(parsed));
  }
  void Cancel() override { cancelled_ = true; }

  const std::string& endpoint() const { return endpoint_; }
  bool open() const { return events_ != nullptr; }
  bool cancelled() const { return cancelled_; }
  bool writing() const { return writing_; }
  const std::vector<v1::ClientFrame>& written() const { return written_; }
  const std::vector<size_t>& sizes() const { return sizes_; }
  const v1::ClientFrame& last() const { return written_.back(); }

  // The write in flight is done; what that starts stays in flight.
  void FinishWrite() {
    ASSERT_TRUE(writing_);
    writing_ = false;
    events_->OnWriteDone();
  }
  // Until nothing is written any more.
  void FinishWrites() {
    while (open() && writing_) FinishWrite();
  }
  void Say(const v1::ServerFrame& frame) { SayBytes(frame.SerializeAsString()); }
  void SayBytes(std::string bytes) {
    auto owner = std::make_shared<std::string>(std::move(bytes));
    const std::string_view view = *owner;
    const std::shared_ptr<TransportEvents> events = events_;
    events->OnFrame(FrameBytes{std::move(owner), view});
  }
  void End(Error reason = {}) {
    const std::shared_ptr<TransportEvents> events = std::exchange(events_, nullptr);
    events->OnClosed(std::move(reason));
  }

 private:
  const std::string endpoint_;
  std::shared_ptr<TransportEvents> events_;
  bool writing_ = false;
  bool cancelled_ = false;
  std::vector<v1::ClientFrame> written_;
  std::vector<size_t> sizes_;
};

class FakeConnector final : public Connector {
 public:
  std::shared_ptr<Transport> Create(const std::string& endpoint, Error* error) override {
    *error = refusal;
    if (!refusal.ok()) return nullptr;
    transports.push_back(std::make_shared<FakeTransport>(endpoint));
    return transports.back();
  }

  // While set, no attempt can be made.
  Error refusal;
  std::vector<std::shared_ptr<FakeTransport>> transports;
};

}  // namespace belfry::client
