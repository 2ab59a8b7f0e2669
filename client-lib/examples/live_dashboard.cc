// SPDX-License-Identifier: Apache-2.0
// A dashboard: however fast prices change, it draws ten times a second, the latest of each.
//
//   live_dashboard [HOST:PORT]          end with Ctrl-D
#include <belfry/belfry.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <limits>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

int main(int argc, char** argv) {
  belfry::ClientOptions options;
  if (argc > 1) options.endpoints = {argv[1]};
  options.on_state = [](const belfry::StateChange& change) {
    std::clog << ToString(change.state) << std::endl;
  };
  belfry::Error error;
  const auto client = belfry::Client::Create(options, &error);
  if (client == nullptr) {
    std::fprintf(stderr, "live_dashboard: %s\n", error.text.c_str());
    return 2;
  }

  std::mutex mutex;
  std::condition_variable_any changed;
  std::map<std::string, std::string> latest;
  int changes = 0;
  belfry::Subscription prices =
      client->Subscribe(belfry::Wildcard("prices.*"), [&](const belfry::Message& message) {
        // A handler that only notes is never slow, so nothing is lost before it.
        const std::lock_guard lock(mutex);
        latest.insert_or_assign(std::string(message.topic()), std::string(message.payload()));
        ++changes;
        changed.notify_one();
      });

  const std::jthread painter([&](std::stop_token stop) {
    std::unique_lock lock(mutex);
    while (changed.wait(lock, stop, [&] { return changes > 0; })) {
      std::string line = "after " + std::to_string(std::exchange(changes, 0)) + " changes:";
      for (const auto& [topic, price] : latest) line += " " + topic + "=" + price;
      lock.unlock();
      std::cout << line << std::endl;
      lock.lock();
      changed.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
    }
  });
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
}
