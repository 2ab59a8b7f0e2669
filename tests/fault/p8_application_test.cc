// SPDX-License-Identifier: Apache-2.0
//
// P8: the application misbehaves around the library: it is killed, its handlers throw, are slow, or
// close the client they are called by. Nobody else notices.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>

#include "belfry/client.h"
#include "tests/fault/traffic.h"
#include "tests/support/belfryd_process.h"

extern char** environ;

namespace belfry::test {
namespace {

using std::chrono::seconds;

class P8Application : public testing::Test {
 protected:
  std::unique_ptr<Client> NewClient(ClientOptions options = {}) {
    options.endpoints = {broker_.address()};
    return Client::Create(std::move(options));
  }
  void ExpectTheTruth(Traffic& traffic) {
    EXPECT_TRUE(traffic.Flows());
    traffic.Stop();
    EXPECT_THAT(traffic.Check(), testing::IsEmpty());
    EXPECT_EQ(traffic.delivered().messages(), traffic.published().invoked());
  }

  BelfrydProcess broker_;
};

TEST_F(P8Application, AKilledSubscriberIsNobodyElsesBusiness) {
  auto publisher = NewClient();
  auto subscriber = NewClient();
  Traffic traffic(*publisher, *subscriber, "p8");
  traffic.Start();
  for (int round = 0; round < Rounds(5, 50); ++round) {
    std::vector<std::string> words = {std::string(BELFRY_BIN) + "/belfry",
                                      "--server",
                                      broker_.address(),
                                      "sub",
                                      "p8",
                                      "p8.probe"};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    ASSERT_EQ(posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    PublishOptions options;
    options.want_counts = true;
    EXPECT_TRUE(WaitFor(
        [&] { return publisher->Publish("p8.probe", "x", options).get().subscribers == 1; }));
    EXPECT_TRUE(traffic.Flows());
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  ExpectTheTruth(traffic);
}

TEST_F(P8Application, HandlersThatThrowLoseNothingForOthers) {
  auto publisher = NewClient();
  std::atomic<uint64_t> told{0};
  ClientOptions options;
  options.on_notice = [&](const Error& error) {
    if (error.code == Error::kHandlerThrew) ++told;
  };
  auto subscriber = NewClient(std::move(options));
  std::atomic<uint64_t> thrown{0};
  const Subscription throwing = subscriber->Subscribe(Literal("p8"), [&](const Message& message) {
    if (message.payload().back() != '7') return;
    ++thrown;
    throw std::runtime_error("seven");
  });
  Traffic traffic(*publisher, *subscriber, "p8");
  traffic.Start();
  EXPECT_TRUE(WaitFor([&] { return thrown > 100; }));
  ExpectTheTruth(traffic);
  EXPECT_TRUE(WaitFor([&] { return told == thrown; }));
}

TEST_F(P8Application, ASlowHandlerLosesItsOwnMessagesAndKnowsHowMany) {
  auto publisher = NewClient();
  ClientOptions options;
  options.handler_threads = 2;
  auto subscriber = NewClient(std::move(options));
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<uint64_t> handled{0};
  std::atomic<uint64_t> lost{0};
  SubscribeOptions slow_options;
  slow_options.queue_messages_max = 100;
  slow_options.on_gap = [&](const Gap& gap) { lost += gap.count.value(); };
  Subscription slow = subscriber->Subscribe(
      Literal("p8"),
      [&](const Message&) {
        released.wait();
        ++handled;
      },
      std::move(slow_options));
  ASSERT_TRUE(slow.WaitUntilConfirmed(seconds(60)));
  Traffic traffic(*publisher, *subscriber, "p8");
  traffic.Start();
  EXPECT_TRUE(WaitFor([&] { return slow.dropped() > 1'000; }));
  // Its neighbour goes on all the while.
  ExpectTheTruth(traffic);
  release.set_value();
  EXPECT_TRUE(WaitFor([&] { return handled + lost == traffic.published().invoked(); }));
  EXPECT_EQ(lost, slow.dropped());
}

TEST_F(P8Application, AClientThatClosesInItsOwnHandlerUnderLoad) {
  auto publisher = NewClient();
  auto subscriber = NewClient();
  Traffic traffic(*publisher, *subscriber, "p8");
  traffic.Start();
  for (int round = 0; round < Rounds(20, 500); ++round) {
    std::promise<void> closed;
    std::atomic<int> after{0};
    auto victim = NewClient();
    std::atomic<bool> once{false};
    const Subscription subscription = victim->Subscribe(Literal("p8"), [&](const Message&) {
      if (once.exchange(true)) {
        ++after;
        return;
      }
      victim->Close();
      closed.set_value();
    });
    ASSERT_EQ(closed.get_future().wait_for(seconds(60)), std::future_status::ready);
    victim.reset();
    EXPECT_EQ(after, 0) << "a handler ran after Close";
  }
  ExpectTheTruth(traffic);
}

}  // namespace
}  // namespace belfry::test
