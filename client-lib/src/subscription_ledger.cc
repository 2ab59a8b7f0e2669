// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/subscription_ledger.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "client-lib/src/frames.h"
#include "common/check.h"

namespace belfry::client {
namespace {

// The tags, lengths, id, kind and policy around a filter's text, at most.
constexpr size_t kSubscribeOverheadBytes = 32;
constexpr size_t kRemovalBytes = 5;
// Fewer removed ones are not worth a pass over the queue.
constexpr size_t kStaleMin = 64;

v1::FilterKind ToWire(TopicFilter::Kind kind) {
  switch (kind) {
    case TopicFilter::Kind::kLiteral:
      return v1::FILTER_KIND_LITERAL;
    case TopicFilter::Kind::kWildcard:
      return v1::FILTER_KIND_WILDCARD;
    case TopicFilter::Kind::kGlob:
      return v1::FILTER_KIND_GLOB;
  }
  return v1::FILTER_KIND_LITERAL;
}

v1::OverflowPolicy ToWire(OverflowPolicy policy) {
  switch (policy) {
    case OverflowPolicy::kDropOldest:
      return v1::OVERFLOW_POLICY_DROP_OLDEST;
    case OverflowPolicy::kDropNewest:
      return v1::OVERFLOW_POLICY_DROP_NEWEST;
    case OverflowPolicy::kConflate:
      return v1::OVERFLOW_POLICY_CONFLATE;
    case OverflowPolicy::kDisconnect:
      return v1::OVERFLOW_POLICY_DISCONNECT;
  }
  return v1::OVERFLOW_POLICY_DROP_OLDEST;
}

}  // namespace

void SubscriptionLedger::Add(uint32_t id, TopicFilter filter, OverflowPolicy overflow) {
  const bool inserted =
      wanted_.try_emplace(id, Wanted{std::move(filter), overflow, Stage::kUnsent}).second;
  BELFRY_CHECK(inserted);
  unsent_.push_back(id);
}

void SubscriptionLedger::Remove(uint32_t id) {
  auto found = wanted_.find(id);
  if (found == wanted_.end()) return;
  const Wanted& wanted = found->second;
  if (wanted.stage != Stage::kUnsent) unsent_removals_.push_back(id);
  if (wanted.to_be_sent()) ++unsent_stale_;
  wanted_.erase(found);
  CompactUnsent();
}

void SubscriptionLedger::CompactUnsent() {
  if (unsent_stale_ < kStaleMin || unsent_stale_ * 2 < unsent_.size()) return;
  std::erase_if(unsent_, [this](uint32_t id) {
    const auto found = wanted_.find(id);
    return found == wanted_.end() || !found->second.to_be_sent();
  });
  unsent_stale_ = 0;
}

void SubscriptionLedger::Clear() {
  wanted_.clear();
  unsent_.clear();
  unsent_stale_ = 0;
  unsent_removals_.clear();
  unanswered_removals_.clear();
}

bool SubscriptionLedger::OnResult(const v1::SubscribeResult& result) {
  if (result.verdict() == v1::VERDICT_REMOVED) {
    unanswered_removals_.erase(result.id());
    return false;
  }
  auto found = wanted_.find(result.id());
  if (found == wanted_.end()) return false;
  const Stage stage = found->second.stage;
  if (stage != Stage::kSent && stage != Stage::kAgain) return false;
  // The answer from before a break: not to be sent again after all.
  if (stage == Stage::kAgain) ++unsent_stale_;
  if (result.verdict() == v1::VERDICT_REFUSED) {
    wanted_.erase(found);
  } else {
    found->second.stage = Stage::kConfirmed;
  }
  return true;
}

void SubscriptionLedger::OnNewSession() {
  unsent_removals_.clear();
  unanswered_removals_.clear();
  for (auto& [id, wanted] : wanted_) wanted.stage = Stage::kUnsent;
  QueueAll();
}

void SubscriptionLedger::OnResumedSession() {
  unsent_removals_.insert(unsent_removals_.begin(), unanswered_removals_.begin(),
                          unanswered_removals_.end());
  unanswered_removals_.clear();
  for (auto& [id, wanted] : wanted_) {
    if (wanted.stage == Stage::kSent) wanted.stage = Stage::kAgain;
  }
  QueueAll();
}

void SubscriptionLedger::QueueAll() {
  unsent_.clear();
  unsent_stale_ = 0;
  for (const auto& [id, wanted] : wanted_) {
    if (wanted.to_be_sent()) unsent_.push_back(id);
  }
  std::sort(unsent_.begin(), unsent_.end());
}

std::optional<OutFrame> SubscriptionLedger::NextFrame(size_t frame_bytes_max) {
  if (!unsent_removals_.empty()) return NextRemovals(frame_bytes_max);
  return NextSubscribes(frame_bytes_max);
}

OutFrame SubscriptionLedger::NextRemovals(size_t frame_bytes_max) {
  v1::ClientFrame frame;
  v1::UnsubscribeBatch* batch = frame.mutable_unsubscribe();
  size_t bytes = 0;
  do {
    const uint32_t id = unsent_removals_.front();
    unsent_removals_.pop_front();
    unanswered_removals_.insert(id);
    batch->add_ids(id);
    bytes += kRemovalBytes;
  } while (!unsent_removals_.empty() && bytes + kRemovalBytes <= frame_bytes_max);
  return Encode(frame);
}

std::optional<OutFrame> SubscriptionLedger::NextSubscribes(size_t frame_bytes_max) {
  v1::ClientFrame frame;
  v1::SubscribeBatch* batch = frame.mutable_subscribe();
  size_t bytes = 0;
  while (!unsent_.empty()) {
    auto found = wanted_.find(unsent_.front());
    if (found != wanted_.end() && found->second.to_be_sent()) {
      const size_t size = kSubscribeOverheadBytes + found->second.filter.text.size();
      if (bytes > 0 && bytes + size > frame_bytes_max) break;
      bytes += size;
      v1::Subscribe* subscribe = batch->add_subscriptions();
      subscribe->set_id(found->first);
      subscribe->mutable_filter()->set_kind(ToWire(found->second.filter.kind));
      subscribe->mutable_filter()->set_text(found->second.filter.text);
      subscribe->set_overflow(ToWire(found->second.overflow));
      found->second.stage = Stage::kSent;
    } else {
      --unsent_stale_;
    }
    unsent_.pop_front();
  }
  if (bytes == 0) return std::nullopt;
  return Encode(frame);
}

}  // namespace belfry::client
