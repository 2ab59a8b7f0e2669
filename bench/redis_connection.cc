// SPDX-License-Identifier: Apache-2.0
#include "bench/redis_connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/time.h>

#include <chrono>
#include <vector>

#include "common/check.h"

namespace belfry::bench {
namespace {

timeval ToTimeval(Duration duration) {
  const auto micros = std::chrono::ceil<std::chrono::microseconds>(duration).count();
  return {micros / 1'000'000, micros % 1'000'000};
}

// What hiredis takes: pointers and lengths.
struct Words {
  explicit Words(std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) {
      texts.push_back(word.data());
      lengths.push_back(word.size());
    }
  }
  std::vector<const char*> texts;
  std::vector<size_t> lengths;
};

}  // namespace

StatusOr<std::unique_ptr<RedisConnection>> RedisConnection::Open(const Address& address,
                                                                 Duration patience) {
  const timeval timeout = ToTimeval(patience);
  redisContext* const context =
      redisConnectWithTimeout(address.host.c_str(), address.port, timeout);
  BELFRY_CHECK(context != nullptr);  // out of memory
  std::unique_ptr<RedisConnection> connection(new RedisConnection(context));
  if (context->err != 0) {
    return Unavailable(fmt::format("cannot reach Redis at {}:{} ({}); start redis-server there",
                                   address.host, address.port, context->errstr));
  }
  redisSetTimeout(context, timeout);
  return connection;
}

StatusOr<Reply> RedisConnection::Ask(std::initializer_list<std::string_view> words) {
  BELFRY_CHECK(waiting_);
  Words asked(words);
  Reply reply(static_cast<redisReply*>(redisCommandArgv(
      context_.get(), static_cast<int>(words.size()), asked.texts.data(), asked.lengths.data())));
  if (reply == nullptr) {
    return Unavailable(fmt::format("Redis did not answer {} ({}); look at its log", *words.begin(),
                                   context_->errstr));
  }
  if (reply->type == REDIS_REPLY_ERROR) {
    return FailedPrecondition(fmt::format("Redis refused {} ({}); look at its configuration",
                                          *words.begin(), reply->str));
  }
  return reply;
}

void RedisConnection::StopWaiting() {
  if (!waiting_) return;
  waiting_ = false;
  // hiredis reads and writes as its flag says; there is no function to change it.
  context_->flags &= ~REDIS_BLOCK;
  const int flags = fcntl(fd(), F_GETFL);
  BELFRY_CHECK(fcntl(fd(), F_SETFL, flags | O_NONBLOCK) == 0);
}

void RedisConnection::Append(std::initializer_list<std::string_view> words) {
  // No vector here: this is called for each message.
  constexpr size_t kWordsMax = 4;
  BELFRY_CHECK(words.size() <= kWordsMax);
  const char* texts[kWordsMax];
  size_t lengths[kWordsMax];
  int count = 0;
  for (const std::string_view word : words) {
    texts[count] = word.data();
    lengths[count++] = word.size();
  }
  redisAppendCommandArgv(context_.get(), count, texts, lengths);
}

bool RedisConnection::Send() {
  StopWaiting();
  int done = 0;
  return redisBufferWrite(context_.get(), &done) == REDIS_OK && done != 0;
}

bool RedisConnection::Receive() {
  StopWaiting();
  const size_t before = context_->reader->len - context_->reader->pos;
  if (redisBufferRead(context_.get()) != REDIS_OK) return false;
  return context_->reader->len - context_->reader->pos > before;
}

Reply RedisConnection::Next() {
  void* reply = nullptr;
  if (redisGetReplyFromReader(context_.get(), &reply) != REDIS_OK) return nullptr;
  return Reply(static_cast<redisReply*>(reply));
}

}  // namespace belfry::bench
