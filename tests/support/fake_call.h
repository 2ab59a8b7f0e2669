// SPDX-License-Identifier: Apache-2.0
//
// An rpc::Call without a connection: collects the messages that a method writes, and what it asks
// for.
//
// Threads: Confined to the test.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "broker/rpc/call.h"

namespace belfry::test {

class FakeCall final : public rpc::Call {
 public:
  explicit FakeCall(reactor::Reactor& reactor) : reactor_(&reactor) {
    peer_.address = "127.0.0.1:50000";
    peer_.loopback = true;
  }
  ~FakeCall() = default;

  const rpc::PeerInfo& peer() const override { return peer_; }
  std::string_view Metadata(std::string_view) const override { return {}; }
  std::optional<Instant> deadline() const override { return std::nullopt; }
  reactor::Reactor& reactor() override { return *reactor_; }
  rpc::ByteChain& StartMessage(size_t bytes) override {
    Collect();
    expected_bytes_ = bytes;
    return chain_;
  }
  size_t buffered_bytes() const override { return 0; }
  bool writable() const override { return writable_ && !status_; }
  void Finish(const Status& status) override {
    if (!status_) status_ = status;
  }
  void PauseReading() override { reading_ = false; }
  void ResumeReading() override { reading_ = true; }
  bool sole_stream() const override { return true; }
  // Agrees, unless told otherwise: the test calls Arrive, then OnMoved.
  bool MoveTo(reactor::Reactor& target) override {
    if (movable_) moving_to_ = &target;
    return movable_;
  }

  // Whole messages written so far; forgets them.
  std::vector<std::string> TakeMessages() {
    Collect();
    return std::exchange(messages_, {});
  }
  // Parsed as `Message`; a message that does not parse fails the test.
  template <class Message>
  std::vector<Message> Take() {
    std::vector<Message> parsed;
    for (const std::string& bytes : TakeMessages()) {
      EXPECT_TRUE(parsed.emplace_back().ParseFromString(bytes));
    }
    return parsed;
  }

  void set_writable(bool writable) { writable_ = writable; }
  void set_principal(std::string principal) { peer_.principal = std::move(principal); }
  void Arrive() { reactor_ = moving_to_; }
  void set_movable(bool movable) { movable_ = movable; }
  // The last target; null if none was asked for, or refused.
  reactor::Reactor* moving_to() const { return moving_to_; }
  bool reading() const { return reading_; }
  const std::optional<Status>& status() const { return status_; }

 private:
  void Collect() {
    if (!expected_bytes_) return;
    EXPECT_EQ(chain_.size(), *expected_bytes_) << "a message is not as long as it was announced";
    std::string bytes;
    while (!chain_.empty()) {
      iovec vectors[8];
      const size_t count = chain_.FillIovec(vectors, 8);
      for (size_t i = 0; i < count; ++i) {
        bytes.append(static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len);
        chain_.Consume(vectors[i].iov_len);
      }
    }
    messages_.push_back(std::move(bytes));
    expected_bytes_.reset();
  }

  reactor::Reactor* reactor_;
  rpc::PeerInfo peer_;
  rpc::ByteChain chain_;
  std::optional<size_t> expected_bytes_;
  std::vector<std::string> messages_;
  bool writable_ = true;
  bool reading_ = true;
  bool movable_ = true;
  reactor::Reactor* moving_to_ = nullptr;
  std::optional<Status> status_;
};

}  // namespace belfry::test
