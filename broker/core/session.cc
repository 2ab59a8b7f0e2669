// SPDX-License-Identifier: Apache-2.0
#include "broker/core/session.h"

#include <algorithm>
#include <utility>

#include "broker/core/broker.h"
#include "common/check.h"

namespace belfry::core {
namespace {

// design.md §4: a Deliver is at most 256 KiB. The slack is for the frame around the records.
constexpr size_t kDeliverRecordBytesMax = (256 << 10) - 512;
// belfry.v1.AckLevel.
constexpr uint32_t kAckNone = 0;
// Some 100 KiB at the most when each carries an error's text, so that a frame of answers is never larger
// than a frame of messages.
constexpr size_t kResultsPerFrame = 1024;
// After three silent intervals the other side is dead.
constexpr int kSilentHeartbeatsMax = 3;

}  // namespace

Session::Session(Broker& broker, SessionSink& sink, SessionOptions options)
    : broker_(broker),
      sink_(sink),
      options_(std::move(options)),
      live_lane_(broker.lane_bounds()),
      gap_owed_(options_.reconnected),
      heard_at_(broker.now()),
      sent_at_(broker.now()) {
  broker_.Attach(*this);
}

Session::~Session() {
  Retire();
  broker_.Detach(*this);
}

void Session::Retire() {
  retired_ = true;
  for (const auto& subscription : subscriptions_) broker_.RemoveSubscription(*subscription);
  subscriptions_.clear();
  subscribe_results_.clear();
  publish_results_due_ = false;
  live_lane_.Clear();
}

ErrorCode Session::CheckSubscribe(uint32_t id, FilterView filter, OverflowPolicy overflow,
                                  bool wants_replay, bool* known) const {
  *known = false;
  if (wants_replay) return ErrorCode::kNoReplay;
  if (overflow != OverflowPolicy::kDropOldest) return ErrorCode::kUnsupportedPolicy;
  if (!ValidateFilter(filter, broker_.limits().topic_bytes_max).ok()) return ErrorCode::kBadFilter;
  if (const auto found = subscriptions_.find(id); found != subscriptions_.end()) {
    *known = true;
    return (*found)->filter() == filter ? ErrorCode::kNone : ErrorCode::kSubscriptionIdInUse;
  }
  if (subscriptions_.size() >= broker_.limits().subscriptions_max) {
    return ErrorCode::kTooManySubscriptions;
  }
  return ErrorCode::kNone;
}

void Session::Subscribe(uint32_t id, FilterView filter, OverflowPolicy overflow,
                        bool wants_replay) {
  SubscribeResult result{id, SubscribeResult::Verdict::kNew, kLiveLane, ErrorCode::kNone};
  bool known;
  result.error = CheckSubscribe(id, filter, overflow, wants_replay, &known);
  if (result.error != ErrorCode::kNone) {
    result.verdict = SubscribeResult::Verdict::kRefused;
  } else if (!known) {
    auto subscription = Subscription::Make(id, filter, *this, live_lane_);
    broker_.AddSubscription(*subscription);
    subscriptions_.insert(std::move(subscription));
    if (std::exchange(gap_owed_, false)) {
      live_lane_.PushGap(Gap::OfUnknownCount(GapCause::kReconnect));
    }
  }
  subscribe_results_.push_back(result);
  Touch();
}

void Session::Unsubscribe(uint32_t id) {
  if (const auto found = subscriptions_.find(id); found != subscriptions_.end()) {
    broker_.RemoveSubscription(**found);
    subscriptions_.erase(found);
  }
  subscribe_results_.push_back(
      SubscribeResult{id, SubscribeResult::Verdict::kRemoved, kLiveLane, ErrorCode::kNone});
  Touch();
}

PublishOutcome Session::Publish(const wire::PublishView& publish, uint64_t sequence) {
  PublishOutcome outcome = broker_.Publish(publish, options_.principal);
  outcome.sequence = sequence;
  if (sequence == 0) return outcome;
  publish_results_.ok_through = sequence;
  const bool stands_alone = !outcome.ok() || publish.want_outcome;
  if (stands_alone) publish_results_.outcomes.push_back(outcome);
  // Nobody waits for what was sent with ACK_LEVEL_NONE; the next result that is due covers it.
  if (stands_alone || publish.ack != kAckNone) {
    publish_results_due_ = true;
    Touch();
  }
  return outcome;
}

void Session::Touch() {
  if (touched_) return;
  touched_ = true;
  broker_.NoteTouched(*this);
}

void Session::Queue(Lane& lane, Ref<const Record> record, Instant now) {
  broker_.counters().dropped.Add(lane.Push(std::move(record), now));
  Touch();
}

void Session::QueueGap(uint32_t lane, Gap gap) {
  BELFRY_CHECK(lane == kLiveLane);
  live_lane_.PushGap(std::move(gap));
  Touch();
}

void Session::Flush(Instant now) {
  if (retired_) return;
  FlushResults(now);
  if (retired_) return;
  // A message must not overtake the result of the subscription that it matches.
  if (!subscribe_results_.empty() || live_lane_.empty()) return;
  broker_.counters().dropped.Add(live_lane_.DropExpired(now));
  sent_at_ = now;
  FlushLane(kLiveLane, live_lane_);
}

void Session::FlushResults(Instant now) {
  std::span<const SubscribeResult> results = subscribe_results_;
  while (!results.empty() && sink_.writable()) {
    const size_t count = std::min(results.size(), kResultsPerFrame);
    sink_.SendSubscribeResults(results.first(count));
    // A plain call of which nothing works ends itself here.
    if (retired_) return;
    results = results.subspan(count);
    sent_at_ = now;
  }
  subscribe_results_.erase(subscribe_results_.begin(), subscribe_results_.end() - static_cast<ptrdiff_t>(results.size()));
  while (publish_results_due_ && sink_.writable()) {
    FlushPublishResults();
    sent_at_ = now;
  }
}

void Session::FlushPublishResults() {
  std::vector<PublishOutcome>& outcomes = publish_results_.outcomes;
  if (outcomes.size() <= kResultsPerFrame) {
    sink_.SendPublishResults(publish_results_);
    outcomes.clear();
    publish_results_due_ = false;
    return;
  }
  // The cumulative number may only cover what has no outcome still to come.
  const auto end = outcomes.begin() + static_cast<ptrdiff_t>(kResultsPerFrame);
  PublishResults part;
  part.ok_through = end->sequence - 1;
  part.outcomes.assign(outcomes.begin(), end);
  outcomes.erase(outcomes.begin(), end);
  sink_.SendPublishResults(part);
}

void Session::FlushLane(uint32_t id, Lane& lane) {
  std::vector<Ref<const Record>>& records = broker_.scratch();
  while (!lane.empty() && sink_.writable()) {
    while (std::optional<Gap> gap = lane.TakeGap()) {
      sink_.SendGap(id, *gap);
      broker_.counters().gaps_out.Add();
    }
    lane.TakeRecords(kDeliverRecordBytesMax, &records);
    if (records.empty()) continue;
    sink_.SendDeliver(id, records);
    broker_.counters().deliveries_out.Add(records.size());
    records.clear();
  }
}

void Session::Tick(Instant now) {
  if (retired_) return;
  const uint64_t dropped = live_lane_.DropExpired(now);
  if (dropped != 0) {
    broker_.counters().dropped.Add(dropped);
    Touch();
  }
  live_lane_.Trim();
  if (options_.heartbeat.count() == 0) return;
  // While we do not read, the silence is ours; HTTP/2's own keepalive finds a dead peer meanwhile.
  if (!listening_) heard_at_ = now;
  if (now - heard_at_ > options_.heartbeat * kSilentHeartbeatsMax) {
    Retire();
    sink_.Close(ErrorCode::kHeartbeatTimeout);
  } else if (now - sent_at_ >= options_.heartbeat && sink_.writable()) {
    sink_.SendHeartbeat();
    sent_at_ = now;
  }
}

}  // namespace belfry::core
