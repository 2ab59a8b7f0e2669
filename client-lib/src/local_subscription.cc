// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/local_subscription.h"

#include <algorithm>
#include <utility>

#include "client-lib/src/call_guarded.h"
#include "client-lib/src/deadline.h"
#include "client-lib/src/make_error.h"

namespace belfry::client {
namespace {

// Enough to make the hand-over cheap, few enough that neighbours on the same thread wait little.
constexpr size_t kDrainBatch = 128;

}  // namespace

LocalSubscription::LocalSubscription(TopicFilter filter, MessageHandler handler,
                                     SubscribeOptions options,
                                     std::shared_ptr<CallbackRunner> runner,
                                     std::shared_ptr<DeliveryCounts> counts, EndCall on_end,
                                     ThrewCall on_threw)
    : filter_(std::move(filter)),
      overflow_(options.overflow),
      runner_(std::move(runner)),
      counts_(std::move(counts)),
      on_threw_(std::move(on_threw)),
      handler_(std::move(handler)),
      options_(std::move(options)),
      strands_(overflow_, static_cast<size_t>(std::max(options_.parallel, 1)),
               options_.queue_messages_max, options_.queue_bytes_max),
      on_end_(std::move(on_end)) {}

void LocalSubscription::PushMessages(const std::shared_ptr<const DeliverBatch>& batch,
                                     const std::vector<uint32_t>& indices) {
  size_t delivered = 0;
  size_t dropped = 0;
  size_t replaced = 0;
  bool refused = false;
  StrandSet::Posts posts;
  {
    MutexLock lock(mutex_);
    if (stage_ != Stage::kConfirmed) return;
    for (const uint32_t index : indices) {
      const EventQueue::Pushed pushed = strands_.PushMessage(batch, index, &posts);
      dropped += pushed.dropped;
      replaced += pushed.replaced ? 1 : 0;
      refused = pushed.refused;
      if (refused) break;
      ++delivered;
    }
    dropped_ += dropped;
    if (refused) BecomeRefused(MakeError(ErrorCode::kSlowSubscriber), &posts);
  }
  counts_->delivered.fetch_add(delivered, std::memory_order_relaxed);
  if (dropped > 0) counts_->dropped.fetch_add(dropped, std::memory_order_relaxed);
  if (replaced > 0) counts_->replaced.fetch_add(replaced, std::memory_order_relaxed);
  PostDrains(posts);
  if (refused) LeaveTable();
}

void LocalSubscription::PushGap(Gap gap) {
  StrandSet::Posts posts;
  {
    MutexLock lock(mutex_);
    if (stage_ != Stage::kConfirmed) return;
    strands_.PushGap(std::move(gap), &posts);
  }
  counts_->gaps.fetch_add(1, std::memory_order_relaxed);
  PostDrains(posts);
}

void LocalSubscription::Confirm() {
  StrandSet::Posts posts;
  {
    MutexLock lock(mutex_);
    if (stage_ != Stage::kWaiting) return;
    stage_ = Stage::kConfirmed;
    strands_.PushControl(QueuedEvent::Kind::kConfirmed, &posts);
    changed_.notify_all();
  }
  PostDrains(posts);
}

void LocalSubscription::Refuse(Error error) {
  StrandSet::Posts posts;
  {
    MutexLock lock(mutex_);
    if (stage_ == Stage::kRefused || stage_ == Stage::kEnded) return;
    BecomeRefused(std::move(error), &posts);
  }
  PostDrains(posts);
}

void LocalSubscription::Silence() {
  EndCall on_end;
  {
    MutexLock lock(mutex_);
    BecomeEnded();
    on_end = std::exchange(on_end_, nullptr);
  }
  DropHandlersIfEnded();
}

bool LocalSubscription::confirmed() const {
  MutexLock lock(mutex_);
  return stage_ == Stage::kConfirmed;
}

bool LocalSubscription::WaitUntilConfirmed(std::chrono::milliseconds timeout) {
  const Instant until = DeadlineAfter(std::chrono::steady_clock::now(), timeout);
  MutexLock lock(mutex_);
  while (stage_ == Stage::kWaiting) {
    if (changed_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  return stage_ == Stage::kConfirmed;
}

Error LocalSubscription::error() const {
  MutexLock lock(mutex_);
  return error_;
}

uint64_t LocalSubscription::dropped() const {
  MutexLock lock(mutex_);
  return dropped_;
}

size_t LocalSubscription::queued() const {
  MutexLock lock(mutex_);
  return strands_.messages();
}

void LocalSubscription::End() {
  {
    MutexLock lock(mutex_);
    BecomeEnded();
  }
  LeaveTable();
  if (!runner_->Inside()) {
    MutexLock lock(mutex_);
    while (strands_.running() > 0) changed_.wait(lock);
  }
  DropHandlersIfEnded();
}

void LocalSubscription::BecomeRefused(Error error, StrandSet::Posts* posts) {
  stage_ = Stage::kRefused;
  error_ = std::move(error);
  strands_.PushControl(QueuedEvent::Kind::kRefused, posts);
  changed_.notify_all();
}

void LocalSubscription::LeaveTable() {
  EndCall on_end;
  {
    MutexLock lock(mutex_);
    on_end = std::exchange(on_end_, nullptr);
  }
  if (on_end) on_end(shared_from_this());
}

void LocalSubscription::BecomeEnded() {
  silent_.store(true, std::memory_order_relaxed);
  stage_ = Stage::kEnded;
  strands_.Clear();
  changed_.notify_all();
}

void LocalSubscription::PostDrains(const StrandSet::Posts& posts) {
  for (const size_t strand : posts) {
    runner_->Post([self = shared_from_this(), strand] { self->Drain(strand); });
  }
}

void LocalSubscription::Drain(size_t strand) {
  std::vector<QueuedEvent> events;
  {
    MutexLock lock(mutex_);
    strands_.Begin(strand, kDrainBatch, &events);
  }
  for (QueuedEvent& event : events) {
    if (silent_.load(std::memory_order_relaxed)) break;
    CallGuarded([&] { Handle(event); }, on_threw_);
  }
  events.clear();
  StrandSet::Posts posts;
  {
    MutexLock lock(mutex_);
    strands_.End(strand, &posts);
    changed_.notify_all();
  }
  PostDrains(posts);
  DropHandlersIfEnded();
}

void LocalSubscription::Handle(QueuedEvent& event) {
  switch (event.kind) {
    case QueuedEvent::Kind::kMessage:
      if (handler_) handler_(Message(std::move(event.record)));
      return;
    case QueuedEvent::Kind::kGap:
      if (options_.on_gap) options_.on_gap(*event.gap);
      return;
    case QueuedEvent::Kind::kConfirmed:
      if (options_.on_confirmed) options_.on_confirmed();
      return;
    case QueuedEvent::Kind::kRefused:
      if (options_.on_refused) options_.on_refused(error());
      return;
    case QueuedEvent::Kind::kBarrier:
    case QueuedEvent::Kind::kReplaced:
      return;
  }
}

void LocalSubscription::DropHandlersIfEnded() {
  MessageHandler handler;
  SubscribeOptions options;
  MutexLock lock(mutex_);
  if (stage_ != Stage::kEnded || strands_.running() > 0) return;
  handler = std::exchange(handler_, nullptr);
  options = std::exchange(options_, SubscribeOptions());
}

}  // namespace belfry::client
