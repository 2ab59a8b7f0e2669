// SPDX-License-Identifier: Apache-2.0
//
// The client library against the real broker: what an application sees when all is well, when the
// broker restarts or stops, and when it is slow itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "belfry/belfry.h"
#include "tests/support/belfryd_process.h"

namespace belfry::test {
namespace {

using std::chrono::seconds;

// What a handler was given, in order: payloads, and "gap" lines.
class Inbox {
 public:
  void Add(std::string event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  // Waits until so many are there; returns them all.
  std::vector<std::string> Await(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, seconds(30), [&] { return events_.size() >= count; });
    return events_;
  }
  bool AwaitEvent(const std::string& event) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, seconds(30), [&] {
      return std::find(events_.begin(), events_.end(), event) != events_.end();
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

std::string GapLine(const Gap& gap) {
  return "gap cause=" + std::to_string(static_cast<int>(gap.cause)) +
         " count=" + (gap.count ? std::to_string(*gap.count) : "?");
}

class ClientLibrary : public testing::Test {
 protected:
  std::unique_ptr<Client> NewClient(ClientOptions options = {}) {
    options.endpoints = {broker_.address()};
    options.reconnect_backoff_max = std::chrono::milliseconds(200);
    Error error;
    auto client = Client::Create(std::move(options), &error);
    EXPECT_NE(client, nullptr) << error.text;
    return client;
  }
  Subscription Listen(Client& client, TopicFilter filter, Inbox& inbox) {
    SubscribeOptions options;
    options.on_gap = [&inbox](const Gap& gap) { inbox.Add(GapLine(gap)); };
    Subscription subscription = client.Subscribe(
        std::move(filter), [&inbox](const Message& m) { inbox.Add(std::string(m.payload())); },
        options);
    EXPECT_TRUE(subscription.WaitUntilConfirmed(seconds(30)));
    return subscription;
  }

  BelfrydProcess broker_;
};

TEST_F(ClientLibrary, AnEventCrossesFromOneProcessSlotToAnother) {
  auto a = NewClient();
  auto b = NewClient();
  Inbox inbox;
  const Subscription subscription = Listen(*b, Wildcard("rooms.>"), inbox);
  PublishOptions options;
  options.want_counts = true;
  options.headers = {{"kind", "chat"}};
  const PublishOutcome outcome = a->Publish("rooms.kitchen", "tea is ready", options).get();
  EXPECT_TRUE(outcome.ok()) << outcome.error.text;
  EXPECT_EQ(outcome.subscribers, 1u);
  EXPECT_EQ(inbox.Await(1), std::vector<std::string>{"tea is ready"});
}

TEST_F(ClientLibrary, ManyMessagesArriveInOrderAndAllAreAnswered) {
  auto a = NewClient();
  auto b = NewClient();
  Inbox inbox;
  const Subscription subscription = Listen(*b, Wildcard("t.*"), inbox);
  constexpr int kMessages = 20'000;
  std::atomic<int> ok = 0;
  for (int i = 0; i < kMessages; ++i) {
    a->Publish("t." + std::to_string(i % 5), std::to_string(i), {},
               [&](const PublishOutcome& outcome) { ok += outcome.ok() ? 1 : 0; });
  }
  ASSERT_TRUE(a->Flush(seconds(60)));
  EXPECT_TRUE(WaitFor([&] { return ok == kMessages; }));
  const auto events = inbox.Await(kMessages);
  ASSERT_EQ(events.size(), static_cast<size_t>(kMessages));
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(events[static_cast<size_t>(i)], std::to_string(i));
}

TEST_F(ClientLibrary, ManyHandlersOfATopicAreOneSubscriptionOfTheBroker) {
  auto a = NewClient();
  std::atomic<int> received = 0;
  std::vector<Subscription> subscriptions;
  for (int i = 0; i < 1000; ++i) {
    subscriptions.push_back(a->Subscribe(Literal("t"), [&](const Message&) { ++received; }));
  }
  ASSERT_TRUE(subscriptions.back().WaitUntilConfirmed(seconds(30)));
  PublishOptions options;
  options.want_counts = true;
  EXPECT_EQ(a->Publish("t", "x", options).get().subscribers, 1u);
  EXPECT_TRUE(WaitFor([&] { return received == 1000; }));
  subscriptions.clear();
  EXPECT_TRUE(WaitFor([&] { return a->Publish("t", "x", options).get().subscribers == 0; }));
}

TEST_F(ClientLibrary, AfterABrokersDeathItSubscribesAnewAndTellsOfTheGap) {
  std::vector<State> states;
  std::mutex mutex;
  ClientOptions client_options;
  client_options.on_state = [&](const StateChange& change) {
    std::lock_guard lock(mutex);
    states.push_back(change.state);
  };
  auto a = NewClient(client_options);
  Inbox inbox;
  const Subscription subscription = Listen(*a, Literal("t"), inbox);
  ASSERT_TRUE(a->Publish("t", "before").get().ok());
  inbox.Await(1);
  broker_.Kill();
  ASSERT_TRUE(WaitFor([&] { return a->state() != State::kConnected; }));
  // Asked while it is away: waits, and is sent to the new session.
  std::future<PublishOutcome> after = a->Publish("t", "after");
  broker_.Start();
  const PublishOutcome outcome = after.get();
  EXPECT_TRUE(outcome.ok()) << outcome.error.text;
  ASSERT_TRUE(inbox.AwaitEvent("gap cause=1 count=?"));
  // The publish may have gone out before the subscription was back: then it is inside the gap.
  EXPECT_TRUE(WaitFor([&] { return a->Publish("t", "later").get().ok(); }));
  EXPECT_TRUE(inbox.AwaitEvent("later"));
  std::lock_guard lock(mutex);
  EXPECT_NE(std::find(states.begin(), states.end(), State::kReconnecting), states.end());
  EXPECT_EQ(states.back(), State::kConnected);
}

TEST_F(ClientLibrary, ADrainedBrokerLosesNoOutcome) {
  auto a = NewClient();
  ASSERT_TRUE(a->WaitUntilConnected(seconds(30)));
  std::atomic<int> settled = 0;
  std::atomic<int> ok = 0;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 2000; ++i) {
    if (i == 1000) {
      // Nothing stands in the way of those before: a broker that answers none must not pass.
      ASSERT_TRUE(WaitFor([&] { return settled == 1000; }));
      ASSERT_EQ(ok, 1000);
      broker_.Signal(SIGTERM);
    }
    PublishOptions options;
    options.timeout = seconds(20);
    a->Publish("t", std::to_string(i), options, [&](const PublishOutcome& outcome) {
      if (outcome.ok()) ++ok;
      if (outcome.kind == PublishOutcome::Kind::kFailed) ++failed;
      ++settled;
    });
  }
  EXPECT_EQ(broker_.Wait(), 0);
  broker_.Start();
  EXPECT_TRUE(WaitFor([&] { return settled == 2000; }));
  EXPECT_EQ(failed, 0);
}

TEST_F(ClientLibrary, ASlowHandlerLosesTheOldestAndIsToldHowMany) {
  auto publisher = NewClient();
  auto slow = NewClient();
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::atomic<uint64_t> received = 0;
  std::atomic<uint64_t> lost = 0;
  SubscribeOptions options;
  options.queue_messages_max = 100;
  options.on_gap = [&](const Gap& gap) { lost += gap.count.value_or(0); };
  const Subscription subscription = slow->Subscribe(
      Literal("t"),
      [&](const Message&) {
        open.wait();
        ++received;
      },
      options);
  ASSERT_TRUE(subscription.confirmed() ||
              const_cast<Subscription&>(subscription).WaitUntilConfirmed(seconds(30)));
  for (int i = 0; i < 5000; ++i) publisher->Publish("t", "x", {}, nullptr);
  ASSERT_TRUE(publisher->Flush(seconds(60)));
  EXPECT_TRUE(WaitFor([&] { return slow->stats().messages_received == 5000; }));
  gate.set_value();
  EXPECT_TRUE(WaitFor([&] { return received + lost == 5000; })) << received << " + " << lost;
  EXPECT_GT(lost, 0u);
}

TEST_F(ClientLibrary, AStoppedReaderIsToldExactlyWhatItLost) {
  // The reader is a process of its own that is stopped; the broker's lane is small.
  broker_.Kill();
  BelfrydProcess broker({"--set", "slow.queue_messages=1000"});
  TempFolder folder;
  const std::string command = "exec " BELFRY_BIN "/belfry --server " + broker.address() +
                              " --json sub big > " + folder.Path("out");
  const pid_t reader = fork();
  if (reader == 0) {
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  const auto belfry = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"belfry", "--server", broker.address()});
    return RunProgram(words);
  };
  ASSERT_EQ(belfry({"wait", "--timeout", "30s", "--subscribers", "big=1"}).exit_status, 0);
  kill(reader, SIGSTOP);
  constexpr uint64_t kMessages = 200'000;
  EXPECT_EQ(belfry({"pub", "big", std::string(100, 'x'), "--count", std::to_string(kMessages)})
                .exit_status,
            0);
  kill(reader, SIGCONT);
  // A last message behind all others.
  EXPECT_EQ(belfry({"pub", "big", "the end"}).exit_status, 0);
  EXPECT_TRUE(
      WaitFor([&] { return ReadFile(folder.Path("out")).find("the end") != std::string::npos; }));
  kill(reader, SIGINT);
  int status = 0;
  waitpid(reader, &status, 0);
  EXPECT_EQ(status, 0);
  uint64_t received = 0, lost = 0;
  std::istringstream lines(ReadFile(folder.Path("out")));
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"type\":\"message\"") != std::string::npos) ++received;
    const size_t at = line.find("\"count\":");
    if (line.find("\"type\":\"gap\"") != std::string::npos && at != std::string::npos) {
      lost += std::stoull(line.substr(at + 8));
    }
  }
  EXPECT_EQ(received + lost, kMessages + 1);
  EXPECT_GT(lost, 0u);
}

}  // namespace
}  // namespace belfry::test
