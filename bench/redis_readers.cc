// SPDX-License-Identifier: Apache-2.0
#include "bench/redis_readers.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "common/check.h"

namespace belfry::bench {
namespace {

constexpr int kEventsMax = 64;

void Watch(int epoll, int fd, void* what) {
  epoll_event event = {};
  event.events = EPOLLIN;
  event.data.ptr = what;
  BELFRY_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
}

}  // namespace

RedisReaders::RedisReaders(size_t threads) : readers_(threads) {
  for (Reader& reader : readers_) {
    reader.epoll = epoll_create1(EPOLL_CLOEXEC);
    reader.wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    BELFRY_CHECK(reader.epoll >= 0 && reader.wakeup >= 0);
    Watch(reader.epoll, reader.wakeup, nullptr);
  }
}

RedisReaders::~RedisReaders() {
  Stop();
  for (const Reader& reader : readers_) {
    close(reader.epoll);
    close(reader.wakeup);
  }
}

void RedisReaders::Add(std::unique_ptr<RedisConnection> connection, Tally& tally) {
  Reader& reader = readers_[next_++ % readers_.size()];
  reader.subscribers.push_back(
      std::unique_ptr<Subscriber>(new Subscriber{std::move(connection), tally}));
}

void RedisReaders::Start() {
  for (Reader& reader : readers_) {
    for (const auto& subscriber : reader.subscribers) {
      Watch(reader.epoll, subscriber->connection->fd(), subscriber.get());
    }
    reader.thread = std::thread([this, &reader] { Read(reader); });
  }
}

void RedisReaders::Stop() {
  stopping_ = true;
  for (Reader& reader : readers_) {
    if (!reader.thread.joinable()) continue;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(reader.wakeup, &one, sizeof one);
    reader.thread.join();
    reader.subscribers.clear();
  }
}

void RedisReaders::Read(Reader& reader) {
  while (!stopping_) {
    epoll_event events[kEventsMax];
    const int ready = epoll_wait(reader.epoll, events, kEventsMax, -1);
    for (int i = 0; i < ready; ++i) {
      auto* const subscriber = static_cast<Subscriber*>(events[i].data.ptr);
      if (subscriber != nullptr) TakeAll(reader, *subscriber);
    }
  }
}

// One buffer of the library; epoll reports the rest again, after the other connections' turn.
void RedisReaders::TakeAll(Reader& reader, Subscriber& subscriber) {
  RedisConnection& connection = *subscriber.connection;
  connection.Receive();
  // ["message", topic, payload]
  while (const Reply reply = connection.Next()) {
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3) continue;
    const redisReply& payload = *reply->element[2];
    if (payload.type != REDIS_REPLY_STRING) continue;
    subscriber.tally.Take(std::string_view(payload.str, payload.len));
  }
  if (!connection.alive()) {
    subscriber.tally.NoteGap();
    epoll_ctl(reader.epoll, EPOLL_CTL_DEL, connection.fd(), nullptr);
  }
}

}  // namespace belfry::bench
