// SPDX-License-Identifier: Apache-2.0
//
// A Hello that resumes a session of another reactor.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "broker/frontend/grpc/session_stream.h"
#include "tests/support/fake_call.h"
#include "tests/support/hand_driven_node.h"

namespace belfry::frontend::grpc {
namespace {

// The session lives on reactor 1, the connection of the client that comes back on reactor 0.
class SessionStreamMoveTest : public testing::Test {
 protected:
  SessionStreamMoveTest()
      : node_({.reactors = 2}),
        reactor_0_(0, node_.clock),
        reactor_1_(1, node_.clock),
        first_call_(reactor_1_),
        call_(reactor_0_) {
    context_.brokers = {&node_.broker(0), &node_.broker(1)};
    context_.reactors = {&reactor_0_, &reactor_1_};
    SessionStream first(context_, first_call_);
    first.OnMessage(Hello("").SerializeAsString());
    token_ = first_call_.Take<v1::ServerFrame>().at(0).welcome().resume_token();
    first.OnClosed(Unavailable("lost"));
    stream_ = std::make_unique<SessionStream>(context_, call_);
  }
  ~SessionStreamMoveTest() override { stream_->OnClosed(Status()); }

  static v1::ClientFrame Hello(const std::string& token) {
    v1::ClientFrame frame;
    frame.mutable_hello()->set_min_version(1);
    frame.mutable_hello()->set_max_version(1);
    frame.mutable_hello()->set_client_id("test");
    frame.mutable_hello()->set_incarnation(1);
    frame.mutable_hello()->set_resume_token(token);
    return frame;
  }
  void ComeBack() { stream_->OnMessage(Hello(token_).SerializeAsString()); }
  void Arrive() {
    call_.Arrive();
    stream_->OnMoved();
    node_.Settle();
  }
  bool Resumed() { return call_.Take<v1::ServerFrame>().at(0).welcome().resumed(); }
  uint64_t SessionsOn(size_t index) { return node_.broker(index).counters().sessions.value(); }

  test::HandDrivenNode node_;
  reactor::Reactor reactor_0_;
  reactor::Reactor reactor_1_;
  test::FakeCall first_call_;
  test::FakeCall call_;
  ServiceContext context_;
  std::string token_;
  std::unique_ptr<SessionStream> stream_;
};

TEST_F(SessionStreamMoveTest, TheConnectionGoesToTheReactorOfItsSession) {
  ComeBack();
  EXPECT_EQ(call_.moving_to(), &reactor_1_);
  EXPECT_TRUE(call_.TakeMessages().empty());
  Arrive();
  EXPECT_TRUE(Resumed());
  EXPECT_EQ(SessionsOn(0), 0u);
  EXPECT_EQ(SessionsOn(1), 1u);
}

TEST_F(SessionStreamMoveTest, AConnectionThatCannotMoveGetsANewSessionWhereItIs) {
  call_.set_movable(false);
  ComeBack();
  node_.Settle();
  EXPECT_FALSE(Resumed());
  EXPECT_EQ(SessionsOn(0), 1u);
  // The same process came anew, so its old session has ended.
  EXPECT_EQ(SessionsOn(1), 0u);
}

TEST_F(SessionStreamMoveTest, ASessionThatGoesDuringTheMoveIsANewOneOnArrival) {
  ComeBack();
  node_.clock.Advance(std::chrono::seconds(31));
  node_.broker(1).Tick();
  Arrive();
  EXPECT_FALSE(Resumed());
  EXPECT_EQ(SessionsOn(1), 1u);
}

TEST_F(SessionStreamMoveTest, AConnectionThatBreaksDuringTheMoveLeavesTheSessionParked) {
  ComeBack();
  call_.Arrive();
  stream_->OnClosed(Unavailable("lost"));
  EXPECT_EQ(node_.broker(1).counters().sessions_parked.value(), 1u);
}

}  // namespace
}  // namespace belfry::frontend::grpc
