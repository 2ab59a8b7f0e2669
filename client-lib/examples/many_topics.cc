// SPDX-License-Identifier: Apache-2.0
// A thousand sensors, a topic each, on four threads. A subscription's messages come one at a time
// and in order: what belongs to one sensor needs no lock, and different sensors run side by side.
//
//   many_topics [HOST:PORT]
#include <belfry/belfry.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <semaphore>
#include <string>
#include <vector>

constexpr int kSensors = 1000;
constexpr int kReadings = 10;

struct Sensor {
  std::string topic;
  int last = 0;
  // The last member: it ends first, and with it the handler that writes the others.
  belfry::Subscription subscription;
};

int main(int argc, char** argv) {
  belfry::ClientOptions options;
  if (argc > 1) options.endpoints = {argv[1]};
  options.handler_threads = 4;
  belfry::Error error;
  const auto client = belfry::Client::Create(options, &error);
  if (client == nullptr) {
    std::fprintf(stderr, "many_topics: %s\n", error.text.c_str());
    return 2;
  }

  std::counting_semaphore<> handled(0);
  std::vector<Sensor> sensors(kSensors);
  for (Sensor& sensor : sensors) {
    sensor.topic = "sensors." + std::to_string(&sensor - sensors.data());
    sensor.subscription = client->Subscribe(
        belfry::Literal(sensor.topic), [&sensor, &handled](const belfry::Message& message) {
          if (message.payload() == std::to_string(sensor.last + 1)) ++sensor.last;
          handled.release();
        });
  }
  for (Sensor& sensor : sensors) sensor.subscription.WaitUntilConfirmed(std::chrono::seconds(10));

  for (int i = 0; i < kSensors * kReadings; ++i) {
    client->Publish(sensors[i % kSensors].topic, std::to_string(i / kSensors + 1), {}, nullptr);
  }
  for (int i = 0; i < kSensors * kReadings; ++i) {
    if (!handled.try_acquire_for(std::chrono::seconds(10))) break;
  }
  const auto complete = std::count_if(sensors.begin(), sensors.end(), [](const Sensor& sensor) {
    return sensor.last == kReadings;
  });
  std::printf("%d of %d sensors had all readings in order\n", static_cast<int>(complete), kSensors);
  return complete == kSensors ? 0 : 1;
}
