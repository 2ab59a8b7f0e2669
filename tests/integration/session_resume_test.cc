// SPDX-License-Identifier: Apache-2.0
//
// Sessions of the real broker over real connections: breaks and exact resumes, on whichever reactor
// the new connection lands; takeover.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/belfryd_process.h"
#include "tests/support/raw_client.h"

namespace belfry::test {
namespace {

using testing::HasSubstr;

// Reads until the payloads begin .. end-1 have come, in order and without anything else.
void ExpectPayloads(RawClient& client, int begin, int end) {
  while (begin < end) {
    const v1::ServerFrame frame = client.Next();
    ASSERT_TRUE(frame.has_deliver()) << frame.ShortDebugString();
    for (const v1::Message& message : frame.deliver().messages()) {
      ASSERT_EQ(message.payload(), std::to_string(begin++));
    }
  }
}

TEST(SessionResume, GoesOnExactlyOnWhicheverReactorTheNewConnectionLands) {
  BelfrydProcess broker({"--set", "io.threads=4"});
  RawPublisher publisher(broker.address());
  RawClient client(broker.address(), "ann");
  ASSERT_FALSE(client.Connect().resumed());
  client.Subscribe("t", v1::OVERFLOW_POLICY_DROP_OLDEST);
  // Idle connections, so that the least loaded reactor is another each time.
  std::vector<std::unique_ptr<RawClient>> others;
  int next = 0;
  for (int round = 0; round < 12; ++round) {
    for (int i = 0; i < 3; ++i) publisher.Publish("t", std::to_string(next + i));
    ExpectPayloads(client, next, next + 3);
    // These are under way when it breaks, or come while it is away.
    for (int i = 3; i < 6; ++i) publisher.Publish("t", std::to_string(next + i));
    client.connection().Break();
    others.push_back(
        std::make_unique<RawClient>(broker.address(), "other" + std::to_string(round)));
    others.back()->Connect();
    ASSERT_TRUE(client.Connect().resumed()) << "round " << round << "\n" << broker.log();
    ExpectPayloads(client, next + 3, next + 6);
    next += 6;
  }
}

TEST(SessionResume, IsTakenFromAConnectionThatIsStillThere) {
  BelfrydProcess broker({"--set", "io.threads=2"});
  RawPublisher publisher(broker.address());
  RawClient client(broker.address(), "ann");
  client.Connect();
  client.Subscribe("t", v1::OVERFLOW_POLICY_DROP_OLDEST);
  // It thinks that its connection is gone; it is not.
  const std::unique_ptr<RawConnection> old_connection = client.TakeConnection();
  ASSERT_TRUE(client.Connect().resumed());
  publisher.Publish("t", "0");
  ExpectPayloads(client, 0, 1);
  EXPECT_THAT(old_connection->Finish().error_message(), HasSubstr("SESSION_MOVED"));
}

TEST(SessionResume, AfterTheGraceItIsANewSessionWithAGap) {
  BelfrydProcess broker({"--set", "session.grace=0s"});
  RawPublisher publisher(broker.address());
  RawClient client(broker.address(), "ann");
  client.Connect();
  client.Subscribe("t", v1::OVERFLOW_POLICY_DROP_OLDEST);
  client.connection().Break();
  ASSERT_FALSE(client.Connect().resumed());
  client.Subscribe("t", v1::OVERFLOW_POLICY_DROP_OLDEST);
  EXPECT_EQ(client.Next().gap().cause(), v1::GAP_CAUSE_RECONNECT);
}

TEST(SessionEnd, WhoeverStaysToTheEndOfADrainIsToldWhy) {
  BelfrydProcess broker({"--set", "session.drain_window=200ms"});
  RawClient client(broker.address(), "ann");
  client.Connect();
  broker.Signal(SIGTERM);
  const grpc::Status status = client.connection().Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(status.error_message(), HasSubstr("SHUTTING_DOWN"));
  EXPECT_EQ(broker.Wait(), 0);
}

TEST(SessionTakeover, TheNewerProcessStaysAndTheOlderIsToldWhy) {
  BelfrydProcess broker({"--set", "io.threads=2"});
  RawClient older(broker.address(), "ann", 10);
  older.Connect();
  RawClient newer(broker.address(), "ann", 20);
  newer.Connect();
  EXPECT_THAT(older.connection().Finish().error_message(), HasSubstr("TAKEN_OVER"));
  RawConnection refused(broker.address());
  v1::ClientFrame frame;
  frame.mutable_hello()->set_min_version(1);
  frame.mutable_hello()->set_max_version(1);
  frame.mutable_hello()->set_client_id("ann");
  frame.mutable_hello()->set_incarnation(10);
  refused.Write(frame);
  const grpc::Status status = refused.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("STALE_INCARNATION"));
}

}  // namespace
}  // namespace belfry::test
