// SPDX-License-Identifier: Apache-2.0
#include "bench/redis_system.h"

#include <algorithm>
#include <thread>

namespace belfry::bench {

Status RedisSystem::Connect(const Plan& plan, const Tallies& tallies, Duration patience) {
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  readers_ = std::make_unique<RedisReaders>(std::min(cores, tallies.size()));
  for (uint32_t i = 0; i < tallies.size(); ++i) {
    auto connection = RedisConnection::Open(address_, patience);
    if (!connection.ok()) return connection.status();
    // The answer is the confirmation.
    auto subscribed = (*connection)->Ask({"SUBSCRIBE", plan.TopicName(plan.TopicOfSubscriber(i))});
    if (!subscribed.ok()) return subscribed.status();
    readers_->Add(*std::move(connection), *tallies[i]);
  }
  for (uint32_t i = 0; i < plan.load().publishers; ++i) {
    auto connection = RedisConnection::Open(address_, patience);
    if (!connection.ok()) return connection.status();
    publishers_.push_back(std::make_unique<RedisPublisher>(plan, *std::move(connection)));
  }
  readers_->Start();
  return Status();
}

void RedisSystem::Disconnect() {
  publishers_.clear();
  readers_.reset();
}

}  // namespace belfry::bench
