// SPDX-License-Identifier: Apache-2.0
#include "bench/redis_publisher.h"

#include <poll.h>

#include <algorithm>
#include <utility>

namespace belfry::bench {
namespace {

constexpr int64_t kWarmup = -1;
// As much as the server reads at once.
constexpr size_t kPushBytes = size_t{16} << 10;
// A look at whether to go on, while the socket takes or brings nothing.
constexpr int kPollMillis = 10;

}  // namespace

RedisPublisher::RedisPublisher(const Plan& plan, std::unique_ptr<RedisConnection> connection)
    : plan_(plan), connection_(std::move(connection)) {
  for (uint32_t topic = 0; topic < plan.load().topics; ++topic) {
    topics_.push_back(plan.TopicName(topic));
  }
}

void RedisPublisher::Publish(uint32_t topic, std::string_view payload, bool measured) {
  if (!connection_->alive()) {
    if (measured) ++outcomes_.failed;
    return;
  }
  connection_->Append({"PUBLISH", topics_[topic], payload});
  unanswered_.push_back(measured ? int64_t{plan_.SubscribersOf(topic)} : kWarmup);
  gathered_bytes_ += topics_[topic].size() + payload.size();
  if (gathered_bytes_ >= kPushBytes) Push();
}

void RedisPublisher::Push() {
  gathered_bytes_ = 0;
  while (!connection_->Send() && connection_->alive()) {
    // The server may wait for us to read before it reads on.
    pollfd waiting = {connection_->fd(), POLLIN | POLLOUT, 0};
    poll(&waiting, 1, kPollMillis);
    TakeReplies();
  }
  TakeReplies();
}

void RedisPublisher::TakeReplies() {
  while (!unanswered_.empty() && connection_->alive() && connection_->Receive()) {
    while (const Reply reply = connection_->Next()) {
      if (unanswered_.empty()) return;  // not an answer to us; there is none to wait for
      const int64_t counts = unanswered_.front();
      unanswered_.pop_front();
      if (counts == kWarmup) continue;
      if (reply->type == REDIS_REPLY_INTEGER) {
        ++outcomes_.ok;
        outcomes_.expected += static_cast<uint64_t>(counts);
      } else {
        ++outcomes_.failed;
      }
    }
  }
}

void RedisPublisher::Settle(Duration patience) {
  const Instant deadline = clock_.Now() + patience;
  Push();
  while (!unanswered_.empty() && connection_->alive() && clock_.Now() < deadline) {
    pollfd waiting = {connection_->fd(), POLLIN, 0};
    poll(&waiting, 1, kPollMillis);
    TakeReplies();
  }
  outcomes_.unknown = static_cast<uint64_t>(std::count_if(
      unanswered_.begin(), unanswered_.end(), [](int64_t counts) { return counts != kWarmup; }));
}

}  // namespace belfry::bench
