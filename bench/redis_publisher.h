// SPDX-License-Identifier: Apache-2.0
//
// A publishing connection to Redis, pipelined: PUBLISH commands gather in hiredis's buffer and
// leave when it is full enough or the publisher is about to wait; replies are taken in beside it.
//
// Threads: as PublishWire says. Fails: what a broken connection leaves unanswered is unknown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/load/system.h"
#include "bench/redis_connection.h"

namespace belfry::bench {

class RedisPublisher final : public PublishWire {
 public:
  RedisPublisher(const Plan& plan, std::unique_ptr<RedisConnection> connection);

  void Publish(uint32_t topic, std::string_view payload, bool measured) override;
  void Push() override;
  void Settle(Duration patience) override;
  Outcomes outcomes() const override { return outcomes_; }

 private:
  void TakeReplies();

  const Plan& plan_;
  const SystemClock clock_;
  const std::unique_ptr<RedisConnection> connection_;
  std::vector<std::string> topics_;
  size_t gathered_bytes_ = 0;
  // What each message under way should bring, or kWarmup; replies come in this order.
  std::deque<int64_t> unanswered_;
  Outcomes outcomes_;
};

}  // namespace belfry::bench
