// SPDX-License-Identifier: Apache-2.0
//
// Two reactors of one server, turned by hand, and a client's connection on the first: the test
// decides when the connection leaves and when it arrives.
//
// Threads: Confined to the test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/reactor/reactor.h"
#include "broker/rpc/connection_host.h"
#include "broker/rpc/server_counters.h"
#include "common/clock.h"
#include "tests/support/http2_client.h"
#include "tests/unit/broker/rpc/traveller.h"

namespace belfry::test {

inline constexpr char kTalk[] = "/test.Echo/Talk";
inline constexpr char kCancelledThere[] = "1 closed 1";
inline constexpr char kUnavailableThere[] = "1 closed 14";

class MoveByHand : public ::testing::Test {
 protected:
  MoveByHand() {
    limits_.linger = std::chrono::milliseconds(10);
    for (int i = 0; i < 2; ++i) {
      reactors_.push_back(std::make_unique<reactor::Reactor>(i, time_));
      hosts_.push_back(std::make_unique<rpc::ConnectionHost>(
          *reactors_.back(), table_, limits_, counters_, rpc::ConnectionHost::TlsContextSource(),
          [this](const std::string& address) { closed_.push_back(address); }));
    }
    for (const auto& host : hosts_) host->set_siblings(hosts_);
    method_.next = [this](rpc::Call& call) {
      return reactors_[call.reactor().index() == 0 ? 1 : 0].get();
    };
    table_.Add(kTalk, {}, method_.Factory());
    table_.Add("/test.Echo/Wide", {.stream_window_bytes = 1 << 20}, method_.Factory());
    std::array<int, 2> ends;
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    server_fd_ = ends[0];
    client_.emplace(ends[1], Http2Client::Options{}, nullptr);
    hosts_[0]->AssignOne();
    hosts_[0]->Adopt(ends[0], kAddress);
  }
  ~MoveByHand() override {
    method_.turning = -1;
    for (const auto& host : hosts_) host->StopAll(Cancelled("the test is over"));
    for (size_t i = 0; i < reactors_.size(); ++i) Turn(i);
  }

  static constexpr char kAddress[] = "10.0.0.7:1234";

  void Turn(size_t index) {
    method_.turning = static_cast<int>(index);
    for (int i = 0; i < 4; ++i) reactors_[index]->RunTurn(clock_.Now());
    method_.turning = -1;
  }
  // The client's bytes so far reach reactor `index`.
  void Pass(size_t index) {
    ASSERT_TRUE(client_->Flush());
    Turn(index);
  }
  // Everything moves, time too, until `done`.
  bool Until(const std::function<bool()>& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < end) {
      for (size_t i = 0; i < reactors_.size(); ++i) Turn(i);
      client_->Wait(done, std::chrono::milliseconds(2));
      time_.Advance(std::chrono::milliseconds(1));
    }
    return done();
  }
  // A call that has sent `messages`, each in a DATA frame of its own.
  int32_t OpenAndSend(const std::vector<std::string>& messages) {
    const int32_t call = client_->Open(kTalk);
    for (const std::string& message : messages) {
      client_->Send(call, message);
      EXPECT_TRUE(client_->Flush());
    }
    return call;
  }
  // A call on reactor 0 of which `call()` is the server's side.
  int32_t OpenHere() {
    const int32_t call = OpenAndSend({"hello"});
    Pass(0);
    EXPECT_THAT(method_.TakeNotes(), ::testing::ElementsAre("0 message hello"));
    return call;
  }
  rpc::Call& call() { return *method_.call; }
  bool MoveToOther() { return call().MoveTo(*method_.next(call())); }

  ManualClock time_;   // as the reactors see it
  SystemClock clock_;  // how long to wait for something
  std::vector<std::unique_ptr<reactor::Reactor>> reactors_;
  rpc::ServiceTable table_;
  rpc::ConnectionLimits limits_;
  rpc::ServerCounters counters_;
  std::vector<std::string> closed_;
  std::vector<std::unique_ptr<rpc::ConnectionHost>> hosts_;
  Traveller method_;
  int server_fd_ = -1;
  std::optional<Http2Client> client_;
};

}  // namespace belfry::test
