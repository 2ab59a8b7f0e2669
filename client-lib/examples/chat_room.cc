// SPDX-License-Identifier: Apache-2.0
// A chat room: each line typed goes to everybody in it, the writer too, and what is missed is told.
//
//   chat_room NAME [HOST:PORT]          end with Ctrl-D
#include <belfry/belfry.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <syncstream>

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: chat_room NAME [HOST:PORT]\n");
    return 2;
  }
  const std::string name = argv[1];
  belfry::ClientOptions options;
  if (argc > 2) options.endpoints = {argv[2]};
  options.on_state = [](const belfry::StateChange& change) {
    std::osyncstream(std::cout) << "(" << ToString(change.state) << ")" << std::endl;
  };
  belfry::Error error;
  const auto client = belfry::Client::Create(options, &error);
  if (client == nullptr) {
    std::fprintf(stderr, "chat_room: %s\n", error.text.c_str());
    return 2;
  }

  belfry::SubscribeOptions subscribe;
  subscribe.on_confirmed = [] { std::osyncstream(std::cout) << "(in the room)" << std::endl; };
  subscribe.on_gap = [](const belfry::Gap& gap) {
    std::osyncstream(std::cout) << "(missed "
                                << (gap.count ? std::to_string(*gap.count) : std::string("some"))
                                << ")" << std::endl;
  };
  belfry::Subscription room = client->Subscribe(
      belfry::Literal("chat.room"),
      [](const belfry::Message& message) {
        std::osyncstream(std::cout) << message.Header("from").value_or("somebody") << ": "
                                    << message.payload() << std::endl;
      },
      subscribe);

  belfry::PublishOptions publish;
  publish.headers = {{"from", name}};
  for (std::string line; std::getline(std::cin, line);) {
    client->Publish("chat.room", line, publish, [](const belfry::PublishOutcome& outcome) {
      if (outcome.ok()) return;
      std::osyncstream(std::cout) << "(not sent: " << outcome.error.text << ")" << std::endl;
    });
  }
  return client->Drain(std::chrono::seconds(10)) ? 0 : 1;
}
