// SPDX-License-Identifier: Apache-2.0
//
// The client with all its threads against a small broker in threads: what TSan is to look at. No
// test waits for time to pass, only for what must happen.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client-lib/src/client_core.h"
#include "common/clock.h"
#include "tests/unit/client-lib/loopback_broker.h"

namespace belfry::client {
namespace {

using std::chrono::seconds;

// Far more than anything here takes.
constexpr seconds kPatience{60};

// A ClientCore as Client::Create makes it, but for the network. It stands aside from the core, so
// that a test may let go of it anywhere.
class ThreadedClient {
 public:
  explicit ThreadedClient(ClientOptions options = {}, int frames_until_break = -1) {
    options.client_id = "threads";
    options.reconnect_backoff_min = std::chrono::milliseconds(1);
    options.reconnect_backoff_max = std::chrono::milliseconds(2);
    if (options.executor == nullptr) options.executor = MakeThreadPool(options.handler_threads);
    core = std::make_shared<ClientCore>(std::move(options), std::make_unique<SystemClock>(),
                                        std::make_unique<LoopbackConnector>(frames_until_break));
    core->Start();
  }
  ~ThreadedClient() {
    core->Close();
    core->AwaitEnd();
  }

  std::future<PublishOutcome> Publish(const std::string& topic, const std::string& payload) {
    std::promise<PublishOutcome> promise;
    auto future = promise.get_future();
    core->Publish(topic, payload, {}, std::move(promise));
    return future;
  }

  std::shared_ptr<ClientCore> core;
};

TEST(ClientThreads, ManyPublishersAndAllOutcomes) {
  ThreadedClient client;
  std::atomic<int> ok{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        if (client.Publish("t", "x").get().ok()) ++ok;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ok, 2'000);
}

TEST(ClientThreads, OrderPerSubscriptionWithSeveralHandlerThreads) {
  ClientOptions options;
  options.handler_threads = 3;
  ThreadedClient client(std::move(options));
  constexpr int kMessages = 2'000;
  struct Seen {
    int next = 0;
    bool in_order = true;
    std::promise<void> all;
  };
  Seen seen[3];
  std::vector<Subscription> subscriptions;
  for (Seen& one : seen) {
    subscriptions.push_back(client.core->Subscribe(Literal("t"),
                                                   [&one](const Message& message) {
                                                     one.in_order &= message.payload() ==
                                                                     std::to_string(one.next);
                                                     if (++one.next == kMessages)
                                                       one.all.set_value();
                                                   },
                                                   {}));
    ASSERT_TRUE(subscriptions.back().WaitUntilConfirmed(kPatience));
  }
  for (int i = 0; i < kMessages; ++i) {
    client.core->Publish("t", std::to_string(i), {}, Completion());
  }
  for (Seen& one : seen) {
    ASSERT_EQ(one.all.get_future().wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(one.in_order);
  }
  EXPECT_TRUE(client.core->Flush(kPatience));
}

TEST(ClientThreads, TopicsInParallelEachInItsOrder) {
  ClientOptions options;
  options.handler_threads = 4;
  ThreadedClient client(std::move(options));
  constexpr int kTopics = 8;
  constexpr int kMessages = 4'000;
  std::atomic<int> next[kTopics] = {};
  std::atomic<int> out_of_order{0};
  std::atomic<int> handled{0};
  std::promise<void> all;
  SubscribeOptions subscribe;
  subscribe.parallel = 4;
  Subscription subscription = client.core->Subscribe(
      Wildcard("t.*"),
      [&](const Message& message) {
        std::atomic<int>& mine = next[message.topic().back() - '0'];
        // Not one step: another handler of the same topic would get in between.
        const int expected = mine.load();
        if (message.payload() != std::to_string(expected)) ++out_of_order;
        mine.store(expected + 1);
        if (++handled == kMessages) all.set_value();
      },
      subscribe);
  ASSERT_TRUE(subscription.WaitUntilConfirmed(kPatience));
  for (int i = 0; i < kMessages; ++i) {
    client.core->Publish("t." + std::to_string(i % kTopics), std::to_string(i / kTopics), {},
                         Completion());
  }
  ASSERT_EQ(all.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(out_of_order, 0);
}

TEST(ClientThreads, SubscriptionsComeAndGoWhileMessagesFlow) {
  ClientOptions options;
  options.handler_threads = 2;
  ThreadedClient client(std::move(options));
  std::atomic<bool> stop{false};
  std::thread publisher([&] {
    while (!stop) client.Publish("t", "x").wait();
  });
  std::vector<std::thread> churners;
  for (int t = 0; t < 2; ++t) {
    churners.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        // After the subscription's end nothing of its handler may be touched.
        auto alive = std::make_unique<std::atomic<int>>(0);
        Subscription subscription = client.core->Subscribe(
            Literal("t"), [&count = *alive](const Message&) { ++count; }, {});
        subscription.WaitUntilConfirmed(kPatience);
        subscription.Unsubscribe();
        alive.reset();
      }
    });
  }
  for (std::thread& thread : churners) thread.join();
  stop = true;
  publisher.join();
}

TEST(ClientThreads, UnsubscribeWaitsForTheHandlerThatRuns) {
  ThreadedClient client;
  std::promise<void> started;
  std::promise<void> go;
  std::atomic<bool> finished{false};
  Subscription subscription = client.core->Subscribe(Literal("t"),
                                                     [&](const Message&) {
                                                       started.set_value();
                                                       go.get_future().wait();
                                                       finished = true;
                                                     },
                                                     {});
  ASSERT_TRUE(subscription.WaitUntilConfirmed(kPatience));
  client.core->Publish("t", "x", {}, Completion());
  ASSERT_EQ(started.get_future().wait_for(kPatience), std::future_status::ready);
  auto finished_at_end = std::async(std::launch::async, [&] {
    subscription.Unsubscribe();
    return finished.load();
  });
  // It has begun to end, and now the handler may go on.
  while (subscription.confirmed()) std::this_thread::yield();
  go.set_value();
  EXPECT_TRUE(finished_at_end.get());
}

TEST(ClientThreads, EveryOutcomeComesThoughConnectionsBreak) {
  ThreadedClient client({}, /*frames_until_break=*/7);
  int ok = 0;
  int unknown = 0;
  std::vector<std::future<PublishOutcome>> futures;
  for (int i = 0; i < 2'000; ++i) {
    futures.push_back(client.Publish("t", std::to_string(i)));
    if (i % 20 == 0) futures.back().wait();
  }
  for (auto& future : futures) {
    ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
    const PublishOutcome outcome = future.get();
    EXPECT_NE(outcome.kind, PublishOutcome::Kind::kFailed);
    ++(outcome.ok() ? ok : unknown);
  }
  EXPECT_GT(ok, 0);
  EXPECT_GT(unknown, 0);
  EXPECT_GT(client.core->stats().connects, 1u);
}

TEST(ClientThreads, ABlockedPublishGoesOnWhenThereIsRoom) {
  ClientOptions options;
  options.publish_in_flight_bytes_max = 4'000;
  ThreadedClient client(std::move(options));
  std::vector<std::future<PublishOutcome>> futures;
  for (int i = 0; i < 1'000; ++i) futures.push_back(client.Publish("t", std::string(500, 'x')));
  for (auto& future : futures) EXPECT_TRUE(future.get().ok());
}

TEST(ClientThreads, CloseInsideAHandlerWhilePublishing) {
  for (int round = 0; round < 20; ++round) {
    ThreadedClient client;
    std::promise<void> closed;
    std::atomic<bool> first{true};
    Subscription subscription = client.core->Subscribe(Literal("t"),
                                                       [&](const Message&) {
                                                         if (!first.exchange(false)) return;
                                                         client.core->Close();
                                                         closed.set_value();
                                                       },
                                                       {});
    ASSERT_TRUE(subscription.WaitUntilConfirmed(kPatience));
    std::vector<std::future<PublishOutcome>> futures;
    for (int i = 0; i < 50; ++i) futures.push_back(client.Publish("t", "x"));
    ASSERT_EQ(closed.get_future().wait_for(kPatience), std::future_status::ready);
    for (auto& future : futures) {
      ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
    }
  }
}

TEST(ClientThreads, DestroyedInsideItsOwnCallback) {
  for (int round = 0; round < 20; ++round) {
    auto client = std::make_unique<ThreadedClient>();
    std::promise<void> gone;
    ThreadedClient* raw = client.get();
    raw->core->Publish("t", "x", {}, PublishCallback([&](const PublishOutcome&) {
                         client.reset();
                         gone.set_value();
                       }));
    ASSERT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
  }
}

TEST(ClientThreads, DestroyedInsideACallbackOfAnotherClientOnTheSameThread) {
  const std::shared_ptr<Executor> executor = MakeThreadPool(1);
  for (int round = 0; round < 20; ++round) {
    ClientOptions options;
    options.executor = executor;
    ThreadedClient one(options);
    // Its end is a change of state, and the task that tells it has no thread to run on.
    options.on_state = [](const StateChange&) {};
    auto other = std::make_unique<ThreadedClient>(options);
    std::promise<void> gone;
    one.core->Publish("t", "x", {}, PublishCallback([&](const PublishOutcome&) {
                        other.reset();
                        gone.set_value();
                      }));
    ASSERT_EQ(gone.get_future().wait_for(kPatience), std::future_status::ready);
  }
}

TEST(ClientThreads, DestroyedInsideTheCallbackOfARefusal) {
  auto client = std::make_unique<ThreadedClient>();
  ThreadedClient* raw = client.get();
  raw->core->Publish("", "x", {}, PublishCallback([&](const PublishOutcome&) { client.reset(); }));
  EXPECT_EQ(client, nullptr);
}

TEST(ClientThreads, TheEndWaitsForCallbacks) {
  std::atomic<int> called{0};
  {
    ThreadedClient client;
    for (int i = 0; i < 200; ++i) {
      client.core->Publish("t", "x", {}, PublishCallback([&](const PublishOutcome&) { ++called; }));
    }
  }
  EXPECT_EQ(called, 200);
}

TEST(ClientThreads, AHandlerOnTheConnectionsOwnThread) {
  ClientOptions options;
  options.executor = MakeInlineExecutor();
  ThreadedClient client(std::move(options));
  std::promise<void> pong;
  Subscription ping =
      client.core->Subscribe(Literal("ping"),
                             [&](const Message& message) {
                               client.core->Publish("pong", message.payload(), {}, Completion());
                             },
                             {});
  Subscription got =
      client.core->Subscribe(Literal("pong"), [&](const Message&) { pong.set_value(); }, {});
  ASSERT_TRUE(ping.WaitUntilConfirmed(kPatience));
  ASSERT_TRUE(got.WaitUntilConfirmed(kPatience));
  client.core->Publish("ping", "x", {}, Completion());
  ASSERT_EQ(pong.get_future().wait_for(kPatience), std::future_status::ready);
}

TEST(ClientThreads, DrainWaitsForOutcomes) {
  ThreadedClient client;
  std::vector<std::future<PublishOutcome>> futures;
  for (int i = 0; i < 500; ++i) futures.push_back(client.Publish("t", "x"));
  EXPECT_TRUE(client.core->Drain(kPatience));
  for (auto& future : futures) EXPECT_TRUE(future.get().ok());
  EXPECT_EQ(client.core->state(), State::kClosed);
}

TEST(ClientThreads, SeveralClientsInAProcess) {
  std::vector<std::unique_ptr<ThreadedClient>> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(std::make_unique<ThreadedClient>());
  for (auto& client : clients) {
    EXPECT_TRUE(client->core->WaitUntilConnected(kPatience));
    EXPECT_TRUE(client->Publish("t", "x").get().ok());
  }
}

}  // namespace
}  // namespace belfry::client
