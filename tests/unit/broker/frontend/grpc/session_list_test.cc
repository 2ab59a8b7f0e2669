// SPDX-License-Identifier: Apache-2.0
#include "broker/frontend/grpc/session_list.h"

#include <gmock/gmock.h>

#include "broker/frontend/grpc/session_status.h"
#include "tests/unit/broker/frontend/grpc/admin_harness.h"

namespace belfry::frontend::grpc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class SessionAdminTest : public AdminHarness {};

std::set<std::string> ClientIds(const std::vector<v1::SessionStatus>& sessions) {
  std::set<std::string> ids;
  for (const v1::SessionStatus& session : sessions) ids.insert(session.client_id());
  return ids;
}

TEST_F(SessionAdminTest, ListsTheSessionsOfAllReactors) {
  Connect(0, {.client_id = "ann"});
  Connect(1, {.client_id = "ben"});
  Connect(2, {.client_id = "cal"});
  Connect(2, {.client_id = "dan"});
  const auto sessions = List<v1::SessionStatus>("ListSessions", v1::ListSessionsRequest());
  EXPECT_THAT(sessions, SizeIs(4));
  EXPECT_THAT(ClientIds(sessions), ElementsAre("ann", "ben", "cal", "dan"));
}

TEST_F(SessionAdminTest, AnEmptyNodeHasAnEmptyList) {
  EXPECT_THAT(List<v1::SessionStatus>("ListSessions", v1::ListSessionsRequest()), IsEmpty());
  EXPECT_THAT(TopicNames(""), IsEmpty());
}

TEST_F(SessionAdminTest, ASessionIsShownExactly) {
  Client& ann = Connect(1, {.client_id = "ann",
                            .principal = "ann@town",
                            .address = "10.0.0.1:5",
                            .incarnation = 9,
                            .resume_token = "0123456789abcdef"});
  Subscribe(ann, 1, Literal("a"));
  Subscribe(ann, 2, Wildcard("b.>"));
  node_.Settle();
  Publish(1, "a");
  node_.Settle();
  ann.sink.set_writable(false);
  Publish(0, "a");
  Publish(2, "b.c");
  node_.Settle();
  Pass(2);
  const std::string id = SessionIdText(ann.session->id());
  const v1::SessionStatus status = Session(id).value();
  EXPECT_EQ(status.session_id(), id);
  EXPECT_EQ(status.client_id(), "ann");
  EXPECT_EQ(status.principal(), "ann@town");
  EXPECT_EQ(status.address(), "10.0.0.1:5");
  EXPECT_EQ(status.incarnation(), 9u);
  EXPECT_EQ(status.state(), v1::SESSION_STATE_ATTENDED);
  EXPECT_EQ(status.subscriptions(), 2u);
  EXPECT_EQ(status.delivered(), 1u);
  EXPECT_EQ(status.queued_messages(), 2u);
  EXPECT_EQ(status.queued_bytes(), ann.session->queued_bytes());
  EXPECT_GT(status.queued_bytes(), 0u);
  EXPECT_EQ(status.unacknowledged_bytes(), ann.session->unacknowledged_bytes());
  EXPECT_GT(status.unacknowledged_bytes(), 0u);
  EXPECT_EQ(status.oldest_ms(), 2000u);
  EXPECT_EQ(status.age_ms(), 2000u);
  EXPECT_EQ(status.dropped(), 0u);
  EXPECT_FALSE(status.slow());

  node_.broker(1).Park(std::move(ann.session));
  Pass(3);
  const v1::SessionStatus parked = Session(id).value();
  EXPECT_EQ(parked.state(), v1::SESSION_STATE_PARKED);
  EXPECT_EQ(parked.parked_ms(), 3000u);
  EXPECT_EQ(parked.oldest_ms(), 2000u) << "it rests";
  EXPECT_EQ(parked.subscriptions(), 2u);
}

TEST_F(SessionAdminTest, TenThousandSessionsComeInSmallStepsAndEachOnce) {
  for (int i = 0; i < 10'000; ++i) {
    Connect(static_cast<size_t>(i % 3), {.client_id = "c" + std::to_string(i)});
  }
  const auto calling = Begin("ListSessions", v1::ListSessionsRequest());
  size_t listed = 0;
  std::set<std::string> ids;
  for (int turn = 0; !calling->call.status() && turn < 1000; ++turn) {
    for (size_t reactor = 0; reactor < 3; ++reactor) node_.Turn(reactor);
    const auto page = calling->call.Take<v1::SessionStatus>();
    EXPECT_LE(page.size(), 256u);
    listed += page.size();
    ids.merge(ClientIds(page));
    // Sessions come and go meanwhile; those that stay are not disturbed.
    clients_[static_cast<size_t>(turn) * 17]->session.reset();
    Connect(static_cast<size_t>(turn % 3), {.client_id = "late"});
  }
  EXPECT_EQ(calling->call.status(), Status());
  for (int i = 0; i < 10'000; ++i) {
    if (clients_[static_cast<size_t>(i)]->session == nullptr) continue;
    EXPECT_TRUE(ids.contains("c" + std::to_string(i))) << i;
  }
  EXPECT_GE(listed, 9'900u);
}

TEST_F(SessionAdminTest, AListWaitsForItsReader) {
  for (int i = 0; i < 1000; ++i) Connect(1, {.client_id = "c" + std::to_string(i)});
  const auto calling = Begin("ListSessions", v1::ListSessionsRequest(), /*writable=*/false);
  node_.Settle();
  size_t listed = calling->call.Take<v1::SessionStatus>().size();
  EXPECT_EQ(listed, 0u) << "the first reactor has none, and nobody asks on";
  for (int round = 0; !calling->call.status() && round < 100; ++round) {
    calling->call.set_writable(true);
    calling->handler->OnWritable();
    calling->call.set_writable(false);
    node_.Settle();
    const size_t page = calling->call.Take<v1::SessionStatus>().size();
    EXPECT_LE(page, 256u);
    listed += page;
  }
  EXPECT_EQ(listed, 1000u);
  EXPECT_EQ(calling->call.status(), Status());
}

TEST_F(SessionAdminTest, ACallThatClosesInTheMiddleIsForgotten) {
  for (int i = 0; i < 1000; ++i) Connect(1, {.client_id = "c" + std::to_string(i)});
  Subscribe(*clients_[0], 1, Literal("a"));
  const std::string id = SessionIdText(clients_[0]->session->id());
  v1::GetSessionRequest get;
  get.set_session_id(id);
  v1::GetTopicRequest topic;
  topic.set_topic("a");
  std::vector<std::unique_ptr<Calling>> callings;
  callings.push_back(Begin("ListSessions", v1::ListSessionsRequest()));
  callings.push_back(Begin("ListTopics", v1::ListTopicsRequest()));
  callings.push_back(Begin("GetSession", get));
  callings.push_back(Begin("GetTopic", topic));
  // The questions are with the other reactors, or on their way back.
  node_.Turn(0);
  node_.Turn(1);
  callings.clear();
  node_.Settle();
  EXPECT_THAT(TopicNames(""), ElementsAre("a")) << "and others are served";
}

TEST_F(SessionAdminTest, KicksAnAttendedSessionOfAnotherReactor) {
  Client& ann = Connect(2, {.client_id = "ann", .resume_token = "0123456789abcdef"});
  Subscribe(ann, 1, Literal("a"));
  node_.Settle();
  ann.sink.Take();
  const std::string id = SessionIdText(ann.session->id());
  EXPECT_TRUE(Kick(id).ok());
  EXPECT_THAT(ann.sink.Take(), ElementsAre("close KICKED"));
  EXPECT_TRUE(ann.session->retired());
  EXPECT_EQ(node_.interest.size(), 0u);
  EXPECT_EQ(Kick(id).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Session(id).status().code(), StatusCode::kNotFound);
  EXPECT_THAT(List<v1::SessionStatus>("ListSessions", v1::ListSessionsRequest()), IsEmpty());
}

TEST_F(SessionAdminTest, KicksAParkedSession) {
  Client& ann = Connect(0, {.client_id = "ann", .resume_token = "0123456789abcdef"});
  Subscribe(ann, 1, Literal("a"));
  node_.Settle();
  const std::string id = SessionIdText(ann.session->id());
  node_.broker(0).Park(std::move(ann.session));
  EXPECT_TRUE(Kick(id).ok());
  EXPECT_EQ(node_.interest.size(), 0u);
  EXPECT_THAT(node_.broker(0).sessions(), IsEmpty());
}

TEST_F(SessionAdminTest, ASessionThatEndsBeforeItIsAskedIsNotFound) {
  Client& ann = Connect(1, {.client_id = "ann"});
  v1::KickSessionRequest request;
  request.set_session_id(SessionIdText(ann.session->id()));
  const auto kick = Begin("KickSession", request);
  const auto get = Begin("GetSession", request);
  ann.session.reset();
  node_.Settle();
  EXPECT_EQ(kick->call.status()->code(), StatusCode::kNotFound);
  EXPECT_EQ(get->call.status()->code(), StatusCode::kNotFound);
}

TEST_F(SessionAdminTest, AKickIsAnsweredWhenTheSessionHasEnded) {
  Client& ann = Connect(1, {.client_id = "ann"});
  v1::KickSessionRequest request;
  request.set_session_id(SessionIdText(ann.session->id()));
  const auto calling = Begin("KickSession", request);
  node_.Turn(0);
  EXPECT_FALSE(calling->call.status());
  EXPECT_FALSE(ann.session->retired());
  node_.Turn(1);
  EXPECT_TRUE(ann.session->retired());
  node_.Turn(0);
  EXPECT_EQ(calling->call.status(), Status());
}

TEST_F(SessionAdminTest, WhatIsNoSessionIdIsToldWhatOneLooksLike) {
  for (const std::string id : {"", "1", "ann", "00000000000000001", "000000000000000g",
                               "-000000000000001", "0x00000000000001", " 000000000000001"}) {
    const Status status = Session(id).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << id;
    EXPECT_THAT(MessageOf(status), HasSubstr("16 hexadecimal digits"));
    EXPECT_EQ(Kick(id).status().code(), StatusCode::kInvalidArgument) << id;
  }
  EXPECT_EQ(Session("00000000DEADBEEF").status().code(), StatusCode::kNotFound);
}

class SlowSessionsTest : public AdminHarness {
 protected:
  SlowSessionsTest()
      : AdminHarness({.reactors = 2,
                      .lane_bounds = {.messages_max = 4, .age_max = std::chrono::hours(1)}}) {}
  std::set<std::string> Slow() {
    v1::ListSessionsRequest request;
    request.set_slow_only(true);
    return ClientIds(List<v1::SessionStatus>("ListSessions", request));
  }
};

TEST_F(SlowSessionsTest, FromHalfOfABoundAndForAMinuteAfterALoss) {
  Client& ann = Connect(0, {.client_id = "ann"});
  Client& ben = Connect(1, {.client_id = "ben"});
  Subscribe(ann, 1, Literal("a"));
  Subscribe(ben, 1, Literal("b"));
  node_.Settle();
  ann.sink.set_writable(false);
  ben.sink.set_writable(false);
  Publish(0, "a");
  Publish(0, "b");
  node_.Settle();
  EXPECT_THAT(Slow(), IsEmpty());
  Publish(0, "a");
  for (int i = 0; i < 4; ++i) Publish(0, "b");
  node_.Settle();
  EXPECT_THAT(Slow(), ElementsAre("ann", "ben"));
  for (Client* client : {&ann, &ben}) {
    client->sink.set_writable(true);
    client->session->Touch();
  }
  node_.Settle();
  EXPECT_THAT(Slow(), ElementsAre("ben")) << "it has lost one";
  Pass(60);
  EXPECT_THAT(Slow(), ElementsAre("ben"));
  Pass(1);
  EXPECT_THAT(Slow(), IsEmpty());
  EXPECT_EQ(Session(SessionIdText(ben.session->id()))->dropped(), 1u);
}

}  // namespace
}  // namespace belfry::frontend::grpc
