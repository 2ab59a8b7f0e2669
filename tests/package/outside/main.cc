// SPDX-License-Identifier: Apache-2.0
// usage: outside HOST:PORT
// Publishes to itself, and tells the versions of the package, the headers and the library.
#include <belfry/belfry.h>

#include <chrono>
#include <future>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  belfry::ClientOptions options;
  options.endpoints = {argv[1]};
  belfry::Error error;
  const auto client = belfry::Client::Create(options, &error);
  if (client == nullptr) {
    std::cerr << error.text << "\n";
    return 1;
  }
  std::promise<std::string> received;
  belfry::Subscription subscription = client->Subscribe(
      belfry::Literal("outside"),
      [&](const belfry::Message& message) { received.set_value(std::string(message.payload())); });
  if (!subscription.WaitUntilConfirmed(std::chrono::seconds(30))) return 1;
  const belfry::PublishOutcome outcome = client->Publish("outside", "in").get();
  if (!outcome.ok()) {
    std::cerr << outcome.error.text << "\n";
    return 1;
  }
  std::cout << received.get_future().get() << " " << PACKAGE_VERSION << " " << belfry::kVersion
            << " " << belfry::LibraryVersion() << "\n";
  return 0;
}
