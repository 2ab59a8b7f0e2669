// SPDX-License-Identifier: Apache-2.0
//
// The code of docs/client.md, compiled and run; and a check that the guide shows nothing else.
// There is no broker here: what needs one ends as it must without one.
#include <belfry/asio_executor.h>
#include <belfry/belfry.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <coroutine>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

// The least that a coroutine needs: it starts at once and nobody waits for it.
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

std::unique_ptr<belfry::Client> Connect() {
  // clang-format off
  belfry::ClientOptions options;
  options.endpoints = {"127.0.0.1:7450"};
  options.client_id = "web-1";
  options.on_state = [](const belfry::StateChange& change) {
    std::clog << "belfry: " << ToString(change.state) << " " << change.endpoint << " "
              << change.reason.text << "\n";
  };
  belfry::Error error;
  std::unique_ptr<belfry::Client> client = belfry::Client::Create(options, &error);
  if (client == nullptr) std::cerr << error.text << "\n";
  // clang-format on
  return client;
}

// A client for which there is no broker: port 1 of loopback is nobody's.
std::unique_ptr<belfry::Client> Unconnected() {
  belfry::ClientOptions options;
  options.endpoints = {"127.0.0.1:1"};
  return belfry::Client::Create(options);
}

TEST(Guide, Connect) {
  const auto client = Connect();
  ASSERT_NE(client, nullptr);
  client->Close();
  EXPECT_EQ(client->state(), belfry::State::kClosed);
}

TEST(Guide, WrongOptionsAreNamed) {
  belfry::ClientOptions options;
  options.tls.ca_file = "ca.pem";
  options.tls.cert_file = "web-1.pem";
  options.tls.key_file = "web-1.key";
  belfry::Error error;
  EXPECT_EQ(belfry::Client::Create(options, &error), nullptr);
  EXPECT_EQ(error.code, belfry::Error::kInvalidOption);
  EXPECT_EQ(error.text.find("tls.ca_file"), 0u);
}

TEST(Guide, Subscribe) {
  const auto client = Unconnected();
  // clang-format off
  belfry::Subscription rooms = client->Subscribe(
      belfry::Wildcard("rooms.*.events"), [](const belfry::Message& message) {
        std::cout << message.topic() << ": " << message.payload() << "\n";
      });

  belfry::SubscribeOptions subscribe;
  subscribe.on_confirmed = [] { std::clog << "nothing is missed from here on\n"; };
  subscribe.on_refused = [](const belfry::Error& why) { std::clog << why.text << "\n"; };
  subscribe.on_gap = [](const belfry::Gap& gap) {
    std::clog << "lost " << (gap.count ? std::to_string(*gap.count) : "some") << " messages\n";
  };
  belfry::Subscription alerts = client->Subscribe(
      belfry::Literal("alerts"), [](const belfry::Message&) {}, subscribe);
  // clang-format on
  EXPECT_FALSE(rooms.confirmed());
  EXPECT_EQ(client->stats().subscriptions, 2u);
}

TEST(Guide, PublishWithAFuture) {
  const auto client = Unconnected();
  client->Close();
  // clang-format off
  std::future<belfry::PublishOutcome> sent = client->Publish("rooms.7.events", "hello");
  const belfry::PublishOutcome outcome = sent.get();
  switch (outcome.kind) {
    case belfry::PublishOutcome::Kind::kOk:
      break;
    case belfry::PublishOutcome::Kind::kFailed:  // certainly not published
    case belfry::PublishOutcome::Kind::kUnknown:  // it may have been
      std::clog << outcome.error.text << "\n";
  }
  // clang-format on
  EXPECT_EQ(outcome.kind, belfry::PublishOutcome::Kind::kFailed);
}

TEST(Guide, PublishWithACallbackAndDrain) {
  const auto client = Unconnected();
  client->Close();
  // clang-format off
  belfry::PublishOptions publish;
  publish.headers = {{"content-type", "text/plain"}};
  publish.timeout = std::chrono::seconds(2);
  client->Publish("rooms.7.events", "hello", publish, [](const belfry::PublishOutcome& done) {
    if (!done.ok()) std::clog << done.error.text << "\n";
  });
  client->Publish("metrics.load", "0.7", {}, nullptr);
  client->Flush(std::chrono::seconds(5));

  client->Drain(std::chrono::seconds(5));
  // clang-format on
  EXPECT_EQ(client->stats().outcomes_failed, 2u);
}

// clang-format off
Task Greet(belfry::Client& client) {
  const belfry::PublishOutcome outcome = co_await belfry::AwaitPublish(client, "rooms.7.events", "hello");
  if (!outcome.ok()) std::clog << outcome.error.text << "\n";
}
// clang-format on

Task Outcomes(belfry::Client& client, std::vector<std::string> payloads,
              std::promise<std::vector<belfry::PublishOutcome>> done) {
  std::vector<belfry::PublishOutcome> outcomes;
  for (const std::string& payload : payloads) {
    belfry::PublishOptions options;
    options.timeout = std::chrono::milliseconds(1);
    outcomes.push_back(co_await belfry::AwaitPublish(client, "t", payload, options));
  }
  done.set_value(std::move(outcomes));
}

TEST(Guide, PublishFromACoroutine) {
  const auto client = Unconnected();
  // Those of a client that is not connected come later, on its executor.
  std::promise<std::vector<belfry::PublishOutcome>> promise;
  auto outcomes = promise.get_future();
  Outcomes(*client, {"1", "2", "3"}, std::move(promise));
  const auto later = outcomes.get();
  ASSERT_EQ(later.size(), 3u);
  for (const auto& outcome : later) EXPECT_EQ(outcome.error.code, belfry::Error::kTimeout);
  // Those of a closed one at once.
  client->Close();
  Greet(*client);
  promise = {};
  outcomes = promise.get_future();
  Outcomes(*client, std::vector<std::string>(1'000, "x"), std::move(promise));
  const auto at_once = outcomes.get();
  ASSERT_EQ(at_once.size(), 1'000u);
  for (const auto& outcome : at_once) EXPECT_EQ(outcome.error.code, belfry::Error::kClientClosed);
  EXPECT_EQ(client->stats().outcomes_failed, 1'004u);
}

TEST(Guide, HandlersOnAnAsioContext) {
  // clang-format off
  asio::io_context io;
  belfry::ClientOptions on_asio;
  on_asio.executor = belfry::MakeAsioExecutor(io.get_executor());  // <belfry/asio_executor.h>
  // clang-format on
  auto work = asio::make_work_guard(io);
  std::thread runner([&] { io.run(); });
  std::promise<std::thread::id> told;
  on_asio.endpoints = {"127.0.0.1:1"};
  on_asio.on_state = [&](const belfry::StateChange& change) {
    if (change.state == belfry::State::kClosed) told.set_value(std::this_thread::get_id());
  };
  auto client = belfry::Client::Create(on_asio);
  client->Close();
  EXPECT_EQ(told.get_future().get(), runner.get_id());
  client.reset();
  work.reset();
  runner.join();
}

TEST(Guide, OverflowAndParallel) {
  const auto client = Unconnected();
  // clang-format off
  belfry::SubscribeOptions prices;
  prices.overflow = belfry::OverflowPolicy::kConflate;
  prices.parallel = 4;  // with options.handler_threads = 4
  belfry::Subscription latest = client->Subscribe(
      belfry::Wildcard("prices.>"), [](const belfry::Message&) {}, prices);
  // clang-format on
  EXPECT_EQ(client->stats().broker_subscriptions, 1u);
}

std::vector<std::string> LinesOf(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(line.substr(std::min(line.find_first_not_of(' '), line.size())));
  }
  return lines;
}

TEST(Guide, ShowsOnlyCodeThatIsCompiledHere) {
  const std::string source = BELFRY_SOURCE;
  std::string compiled = "\n";
  for (const std::string& line : LinesOf(source + "/tests/unit/client-lib/guide_test.cc")) {
    compiled += line + "\n";
  }
  int blocks = 0;
  std::string block;
  bool inside = false;
  for (const std::string& line : LinesOf(source + "/docs/client.md")) {
    if (line == "```cpp") {
      inside = true;
      block = "\n";
    } else if (line == "```" && inside) {
      inside = false;
      ++blocks;
      EXPECT_NE(compiled.find(block), std::string::npos) << "not compiled:" << block;
    } else if (inside) {
      block += line + "\n";
    }
  }
  EXPECT_EQ(blocks, 10);
}

}  // namespace
