// SPDX-License-Identifier: Apache-2.0
//
// One connection to a Redis server by hiredis: opened waiting, used without waiting.
//
// Threads: Confined to its owner. Fails: Open says why; afterwards a broken connection says so once
// with every call (`alive` false) and stays broken.
#pragma once

#include <hiredis/hiredis.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/status.h"

namespace belfry::bench {

struct Address {
  std::string host;
  uint16_t port = 0;
};

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

class RedisConnection {
 public:
  static StatusOr<std::unique_ptr<RedisConnection>> Open(const Address& address, Duration patience);
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  int fd() const { return context_->fd; }
  bool alive() const { return context_->err == 0; }

  // One command and its answer, waiting. Only before the first Append.
  StatusOr<Reply> Ask(std::initializer_list<std::string_view> words);
  // Into the connection's own buffer; nothing is sent yet.
  void Append(std::initializer_list<std::string_view> words);
  // Sends what the socket takes. True: all of it.
  bool Send();
  // Reads what has come, at most one buffer of the library. True: there was something.
  bool Receive();
  // The next whole reply among what was received; null: none.
  Reply Next();

 private:
  struct FreeContext {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  explicit RedisConnection(redisContext* context) : context_(context) {}

  void StopWaiting();

  std::unique_ptr<redisContext, FreeContext> context_;
  bool waiting_ = true;
};

}  // namespace belfry::bench
