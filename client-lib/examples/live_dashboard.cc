// SPDX-License-Identifier: Apache-2.0
// A dashboard: drawing takes its time, and prices change faster. With kConflate only the latest of
// each waits, here and in the broker: what is drawn is never old, and nothing counts as lost.
//
//   live_dashboard [HOST:PORT]          end with Ctrl-D
#include <belfry/belfry.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <limits>
#include <map>
#include <string>
#include <thread>

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

  belfry::SubscribeOptions subscribe;
  subscribe.overflow = belfry::OverflowPolicy::kConflate;
  subscribe.on_gap = [](const belfry::Gap&) { std::clog << "prices are missing" << std::endl; };
  std::map<std::string, std::string> screen;
  belfry::Subscription prices = client->Subscribe(
      belfry::Wildcard("prices.*"),
      [&](const belfry::Message& message) {
        screen[std::string(message.topic())] = message.payload();
        std::string line;
        for (const auto& [topic, price] : screen) line += topic + "=" + price + " ";
        std::cout << line << std::endl;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));  // a slow screen
      },
      subscribe);

  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
  prices.Unsubscribe();
  const belfry::ClientStats stats = client->stats();
  std::printf("%d prices came, %d were replaced before they were drawn\n",
              static_cast<int>(stats.messages_delivered),
              static_cast<int>(stats.messages_replaced));
}
