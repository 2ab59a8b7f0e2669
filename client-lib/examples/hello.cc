// SPDX-License-Identifier: Apache-2.0
// The smallest whole program: subscribes to a topic, publishes to it, and waits for the message.
//
//   hello [HOST:PORT]
#include <belfry/belfry.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <semaphore>

using std::chrono::seconds;

int main(int argc, char** argv) {
  belfry::ClientOptions options;
  if (argc > 1) options.endpoints = {argv[1]};
  belfry::Error error;
  const auto client = belfry::Client::Create(options, &error);
  if (client == nullptr) {
    std::fprintf(stderr, "hello: %s\n", error.text.c_str());
    return 2;
  }

  std::counting_semaphore<> heard(0);
  belfry::Subscription bell =
      client->Subscribe(belfry::Literal("town.bell"), [&](const belfry::Message& message) {
        std::cout << message.topic() << ": " << message.payload() << std::endl;
        heard.release();
      });
  // Until the broker has confirmed it, what is published may pass it by.
  if (!bell.WaitUntilConfirmed(seconds(10))) {
    std::fprintf(stderr, "hello: no broker at %s\n", options.endpoints[0].c_str());
    return 1;
  }

  const belfry::PublishOutcome outcome = client->Publish("town.bell", "hello").get();
  if (!outcome.ok()) {
    std::fprintf(stderr, "hello: %s\n", outcome.error.text.c_str());
    return 1;
  }
  return heard.try_acquire_for(seconds(10)) ? 0 : 1;
}
