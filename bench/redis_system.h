// SPDX-License-Identifier: Apache-2.0
//
// Redis Pub/Sub as a benchmark sees it, through hiredis: a connection for each publisher and each
// subscriber.
//
// Threads: as System says.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "bench/load/system.h"
#include "bench/redis_connection.h"
#include "bench/redis_publisher.h"
#include "bench/redis_readers.h"

namespace belfry::bench {

class RedisSystem final : public System {
 public:
  RedisSystem(Address address, std::function<std::optional<double>()> cpu_seconds)
      : address_(std::move(address)), cpu_seconds_(std::move(cpu_seconds)) {}

  Status Connect(const Plan& plan, const Tallies& tallies, Duration patience) override;
  PublishWire& PublisherWire(uint32_t index) override { return *publishers_[index]; }
  std::optional<double> ServerCpuSeconds() override { return cpu_seconds_(); }
  void Disconnect() override;

 private:
  const Address address_;
  const std::function<std::optional<double>()> cpu_seconds_;
  std::unique_ptr<RedisReaders> readers_;
  std::vector<std::unique_ptr<RedisPublisher>> publishers_;
};

}  // namespace belfry::bench
