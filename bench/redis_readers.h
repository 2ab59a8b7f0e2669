// SPDX-License-Identifier: Apache-2.0
//
// Reads many subscribing connections to Redis with one thread for each core, by epoll, and hands
// what comes to their tallies.
//
// Lifecycle: Add, Start, Stop. Threads: Confined to the main thread, but for its own. Fails: a
// connection that breaks is counted as a gap of its tally and read no more.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "bench/load/tally.h"
#include "bench/redis_connection.h"

namespace belfry::bench {

class RedisReaders {
 public:
  explicit RedisReaders(size_t threads);
  ~RedisReaders();

  // Already subscribed.
  void Add(std::unique_ptr<RedisConnection> connection, Tally& tally);
  void Start();
  void Stop();

 private:
  struct Subscriber {
    std::unique_ptr<RedisConnection> connection;
    Tally& tally;
  };
  struct Reader {
    int epoll = -1;
    int wakeup = -1;
    std::vector<std::unique_ptr<Subscriber>> subscribers;
    std::thread thread;
  };

  void Read(Reader& reader);
  static void TakeAll(Reader& reader, Subscriber& subscriber);

  std::atomic<bool> stopping_{false};
  std::vector<Reader> readers_;
  size_t next_ = 0;
};

}  // namespace belfry::bench
