// SPDX-License-Identifier: Apache-2.0
//
// What the client library does as an application has it by default: handlers on its own pool,
// outcomes by callback. One client process beside one broker on this machine:
//
//   cmake --build build/release --target client_bench belfryd
//   build/release/bin/client_bench build/release/bin/belfryd
//
// Threads: main, and those of the clients. It measures and asserts nothing.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "belfry/client.h"

extern char** environ;

namespace belfry {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kMeasured{5};
constexpr size_t kPayloadBytes = 128;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A broker on a port that is chosen once and kept.
class Broker {
 public:
  explicit Broker(std::string program) : program_(std::move(program)) {
    ports_ = (std::filesystem::temp_directory_path() / "client_bench_XXXXXX").string();
    close(mkstemp(ports_.data()));
  }
  ~Broker() {
    Kill();
    std::filesystem::remove(ports_);
  }

  bool Start() {
    std::filesystem::resize_file(ports_, 0);
    std::vector<std::string> words = {program_,
                                      "--set",
                                      "listen.grpc=127.0.0.1:" + port_,
                                      "--set",
                                      "listen.http=127.0.0.1:0",
                                      "--set",
                                      "log.level=error",
                                      "--ports-file",
                                      ports_};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return false;
    const auto end = Clock::now() + seconds(30);
    while (Clock::now() < end) {
      std::ifstream file(ports_);
      std::string text((std::istreambuf_iterator<char>(file)), {});
      const size_t at = text.find("\"grpc\":");
      if (at != std::string::npos) {
        port_ = std::to_string(std::atoi(text.c_str() + at + 7));
        return true;
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
    return false;
  }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  std::unique_ptr<Client> NewClient() const {
    ClientOptions options;
    options.endpoints = {"127.0.0.1:" + port_};
    auto client = Client::Create(std::move(options));
    if (!client->WaitUntilConnected(seconds(30))) std::abort();
    return client;
  }

 private:
  const std::string program_;
  std::string ports_;
  std::string port_ = "0";
  pid_t pid_ = -1;
};

void MeasurePublishes(const Broker& broker) {
  auto client = broker.NewClient();
  const std::string payload(kPayloadBytes, 'x');
  std::atomic<uint64_t> ok{0};
  uint64_t published = 0;
  const auto start = Clock::now();
  while (Clock::now() - start < kMeasured) {
    for (int i = 0; i < 64; ++i) {
      client->Publish("bench.nobody", payload, {},
                      [&](const PublishOutcome& outcome) { ok += outcome.ok() ? 1 : 0; });
    }
    published += 64;
  }
  client->Flush(seconds(30));
  // Callbacks come behind the outcomes.
  while (ok < published && SecondsSince(start) < 60) std::this_thread::sleep_for(milliseconds(1));
  fmt::print("publishes with outcomes:            {:10.0f} /s ({} of {} OK)\n",
             static_cast<double>(ok) / SecondsSince(start), ok.load(), published);
}

void MeasureDeliveries(const Broker& broker) {
  auto publisher = broker.NewClient();
  auto subscriber = broker.NewClient();
  std::atomic<uint64_t> received{0};
  std::atomic<uint64_t> gaps{0};
  SubscribeOptions options;
  options.on_gap = [&](const Gap&) { ++gaps; };
  Subscription subscription = subscriber->Subscribe(
      Literal("bench.one"),
      [&](const Message&) { received.fetch_add(1, std::memory_order_relaxed); }, options);
  if (!subscription.WaitUntilConfirmed(seconds(30))) std::abort();
  const std::string payload(kPayloadBytes, 'x');
  uint64_t published = 0;
  const auto start = Clock::now();
  while (Clock::now() - start < kMeasured) {
    for (int i = 0; i < 64; ++i) publisher->Publish("bench.one", payload, {}, nullptr);
    published += 64;
    // Delivering is to be measured, not dropping.
    while (published - received > 8'192) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  fmt::print("deliveries, one topic, one handler: {:10.0f} /s (publisher beside it, {} gaps)\n",
             static_cast<double>(received) / SecondsSince(start), gaps.load());
}

void MeasureRestore(Broker& broker) {
  constexpr int kSubscriptions = 100'000;
  auto client = broker.NewClient();
  std::atomic<int> confirmed{0};
  std::atomic<int> told{0};
  std::vector<Subscription> subscriptions;
  subscriptions.reserve(kSubscriptions);
  const auto start = Clock::now();
  for (int i = 0; i < kSubscriptions; ++i) {
    SubscribeOptions options;
    options.on_confirmed = [&] { ++confirmed; };
    options.on_gap = [&](const Gap&) { ++told; };
    subscriptions.push_back(client->Subscribe(
        Literal(fmt::format("bench.restore.{:010}", i)), [](const Message&) {},
        std::move(options)));
  }
  const auto wait_for = [](const std::atomic<int>& count) {
    const auto end = Clock::now() + seconds(60);
    while (count < kSubscriptions && Clock::now() < end) {
      std::this_thread::sleep_for(milliseconds(1));
    }
  };
  wait_for(confirmed);
  fmt::print("{} subscriptions made:          {:10.3f} s\n", confirmed.load(), SecondsSince(start));
  for (const int away_ms : {0, 2'000}) {
    told = 0;
    broker.Kill();
    std::this_thread::sleep_for(milliseconds(away_ms));
    if (!broker.Start()) std::abort();
    const auto back = Clock::now();
    wait_for(told);
    fmt::print("{} restored after {} s away:     {:10.3f} s after the broker's return\n",
               told.load(), away_ms / 1'000, SecondsSince(back));
  }
}

int Run(const std::string& program) {
  Broker broker(program);
  if (!broker.Start()) {
    fmt::print(stderr, "client_bench: {} did not start\n", program);
    return 1;
  }
  MeasurePublishes(broker);
  MeasureDeliveries(broker);
  MeasureRestore(broker);
  return 0;
}

}  // namespace
}  // namespace belfry

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: client_bench BELFRYD\n");
    return 2;
  }
  return belfry::Run(argv[1]);
}
