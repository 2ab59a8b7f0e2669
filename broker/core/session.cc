// SPDX-License-Identifier: Apache-2.0
#include "broker/core/session.h"

#include <algorithm>
#include <utility>

#include "broker/core/broker.h"
#include "broker/core/mutant.h"
#include "common/check.h"

namespace belfry::core {
namespace {

// design.md §4: a Deliver is at most 256 KiB. The slack is for the frame around the records.
constexpr size_t kDeliverRecordBytesMax = (256 << 10) - 512;
// belfry.v1.AckLevel.
constexpr uint32_t kAckNone = 0;
// Some 100 KiB at the most when each carries an error's text, so that a frame of answers is never
// larger than a frame of messages.
constexpr size_t kResultsPerFrame = 1024;
// Smaller tables of subscriptions keep their slots.
constexpr size_t kShrinkFrom = 127;
// After three silent intervals the other side is dead.
constexpr int kSilentHeartbeatsMax = 3;
// For so long after a loss a session is shown as slow: long enough for a person to look.
constexpr Duration kSlowAfterLoss = std::chrono::minutes(1);

}  // namespace

std::unique_ptr<Session> SessionSink::Yield() { return nullptr; }

Session::Session(Broker& broker, SessionSink& sink, SessionOptions options, SessionId id)
    : broker_(broker),
      sink_(&sink),
      id_(id),
      options_(std::move(options)),
      opened_at_(broker.now()),
      sent_(options_.resume_token.empty() ? 0 : broker.limits().resume_window_bytes),
      heard_at_(opened_at_),
      sent_at_(opened_at_) {
  broker_.AddSession(*this);
}

Session::~Session() {
  Retire();
  broker_.RemoveSession(*this);
}

SessionDirectory::Client Session::client() const {
  return {options_.principal, options_.client_id, options_.incarnation, options_.resume_token};
}

// ---- lanes

Lane& Session::LaneFor(OverflowPolicy policy) {
  const auto number = static_cast<uint32_t>(policy);
  std::unique_ptr<Lane>& lane = lanes_[number];
  if (lane == nullptr) {
    lane = std::make_unique<Lane>(*this, number, policy, broker_.lane_bounds());
    if (options_.reconnected && !Mutated(Mutant::kReconnectGapForgotten)) {
      lane->PushGap(Gap::OfUnknownCount(GapCause::kReconnect));
    }
  }
  return *lane;
}

template <class Visit>
void Session::ForEachLane(Visit&& visit) const {
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    if (lane != nullptr) visit(*lane);
  }
}

size_t Session::queued_bytes() const {
  size_t bytes = 0;
  ForEachLane([&](const Lane& lane) { bytes += lane.queued_bytes(); });
  return bytes;
}

size_t Session::queued_messages() const {
  size_t messages = 0;
  ForEachLane([&](const Lane& lane) { messages += lane.queued_messages(); });
  return messages;
}

uint64_t Session::dropped() const {
  uint64_t dropped = 0;
  ForEachLane([&](const Lane& lane) { dropped += lane.dropped_total(); });
  return dropped;
}

Duration Session::oldest_age(Instant now) const {
  Duration oldest{0};
  ForEachLane([&](const Lane& lane) { oldest = std::max(oldest, lane.oldest_age(now)); });
  return oldest;
}

bool Session::slow(Instant now) const {
  if (dropped_at_ != Instant() && now - dropped_at_ <= kSlowAfterLoss) return true;
  bool half_full = false;
  ForEachLane([&](const Lane& lane) { half_full = half_full || lane.half_full(now); });
  return half_full;
}

void Session::set_lane_bounds(const LaneBounds& bounds) {
  ForEachLane([&](Lane& lane) { lane.set_bounds(bounds); });
}

// ---- operations

ErrorCode Session::CheckSubscribe(uint32_t id, FilterView filter, OverflowPolicy overflow,
                                  bool wants_replay, const Subscription** known) const {
  if (wants_replay) return ErrorCode::kNoReplay;
  if (static_cast<size_t>(overflow) >= kLiveLanes) return ErrorCode::kUnsupportedPolicy;
  if (!ValidateFilter(filter, broker_.limits().topic_bytes_max).ok()) return ErrorCode::kBadFilter;
  if (const auto found = subscriptions_.find(id); found != subscriptions_.end()) {
    const Subscription& there = **found;
    if (there.filter() != filter || there.lane().policy() != overflow) {
      return ErrorCode::kSubscriptionIdInUse;
    }
    *known = &there;
    return ErrorCode::kNone;
  }
  if (subscriptions_.size() >= broker_.limits().subscriptions_max) {
    return ErrorCode::kTooManySubscriptions;
  }
  return broker_.memory_level() >= MemoryLevel::kRefuseSubscribers ? ErrorCode::kNodeMemory
                                                                   : ErrorCode::kNone;
}

void Session::Subscribe(uint32_t id, FilterView filter, OverflowPolicy overflow,
                        bool wants_replay) {
  SubscribeResult result{id};
  const Subscription* known = nullptr;
  result.error = CheckSubscribe(id, filter, overflow, wants_replay, &known);
  if (result.error != ErrorCode::kNone) {
    result.verdict = SubscribeResult::Verdict::kRefused;
    if (result.error == ErrorCode::kNodeMemory) broker_.counters().subscribers_refused.Add();
  } else {
    Lane& lane = LaneFor(overflow);
    result.lane = lane.id();
    if (known == nullptr) {
      auto subscription = Subscription::Make(id, filter, lane);
      broker_.AddSubscription(*subscription);
      subscriptions_.insert(std::move(subscription));
    }
  }
  subscribe_results_.push_back(result);
  Touch();
}

void Session::Unsubscribe(uint32_t id) {
  if (const auto found = subscriptions_.find(id);
      found != subscriptions_.end() && !Mutated(Mutant::kUnsubscribeIgnored)) {
    broker_.RemoveSubscription(**found);
    subscriptions_.erase(found);
    // As LiteralIndex: a session that once had a million subscriptions does not keep their slots.
    if (subscriptions_.capacity() > kShrinkFrom &&
        subscriptions_.size() < subscriptions_.capacity() / 8) {
      subscriptions_.rehash(0);
    }
  }
  subscribe_results_.push_back(SubscribeResult{id, SubscribeResult::Verdict::kRemoved});
  Touch();
}

bool Session::TakeProducer(std::string_view producer_id) {
  if (producer_id_.empty()) producer_id_ = producer_id;
  return producer_id_ == producer_id;
}

PublishOutcome Session::Publish(const wire::PublishView& publish, uint64_t sequence) {
  PublishOutcome outcome;
  outcome.sequence = sequence;
  if (sequence != 0 && sequence <= publishes_through_) {
    // A retry. Its outcome was told, or waits in a frame; that it is known is told again.
    if (Mutated(Mutant::kRetryPublishedTwice)) broker_.Publish(publish, options_.principal);
    publish_results_due_ = true;
    Touch();
    return outcome;
  }
  outcome = broker_.Publish(publish, options_.principal);
  outcome.sequence = sequence;
  if (sequence == 0) return outcome;
  publish_results_.ok_through = publishes_through_ = sequence;
  const bool failed = !outcome.ok() && !Mutated(Mutant::kFailureToldAsSuccess);
  const bool stands_alone = failed || publish.want_outcome;
  if (stands_alone) publish_results_.outcomes.push_back(outcome);
  // Nobody waits for what was sent with ACK_LEVEL_NONE; the next result that is due covers it.
  if (stands_alone || publish.ack != kAckNone) {
    publish_results_due_ = true;
    Touch();
  }
  return outcome;
}

bool Session::Acknowledge(uint64_t frames_through) { return sent_.Acknowledge(frames_through); }

void Session::Touch() {
  if (touched_) return;
  touched_ = true;
  broker_.NoteTouched(*this);
}

void Session::Queue(Lane& lane, const Ref<const Record>& record, Instant now) {
  const Lane::Pushed pushed = lane.Push(record, now);
  Count(pushed, now);
  if (sink_ == nullptr && !pushed.overflowed) return;
  Warn(lane, now);
  Touch();
}

void Session::Count(const Lane::Pushed& pushed, Instant now) {
  if (pushed.dropped != 0) dropped_at_ = now;
  broker_.counters().dropped.Add(pushed.dropped);
  broker_.counters().conflated.Add(pushed.conflated);
  // In the middle of a fan-out nothing may be unlinked.
  if (pushed.overflowed) doom_ = ErrorCode::kSlowSubscriber;
}

void Session::Warn(Lane& lane, Instant now) {
  if (lane.TakeWarning(now)) warnings_due_[lane.id()] = true;
}

void Session::QueueGap(uint32_t lane, const Gap& gap) {
  BELFRY_CHECK(lane < kLiveLanes && lanes_[lane] != nullptr);
  lanes_[lane]->PushGap(gap);
  Touch();
}

// ---- connections

void Session::Retire() {
  if (std::exchange(retired_, true)) return;
  for (const auto& subscription : subscriptions_) broker_.RemoveSubscription(*subscription);
  subscriptions_.clear();
  subscribe_results_.clear();
  publish_results_due_ = false;
  ForEachLane([](Lane& lane) { lane.Clear(); });
  if (parked_) broker_.counters().sessions_parked.Subtract();
  sent_.Clear();
  broker_.LeaveDirectory(*this);
}

void Session::End(ErrorCode reason) {
  if (retired_) return;
  Retire();
  if (sink_ != nullptr) sink_->Close(reason);
}

void Session::SetParked(bool parked) {
  parked_ = parked;
  if (Mutated(Mutant::kParkedIsActive)) return;
  for (const auto& subscription : subscriptions_) {
    broker_.ChangeActive(subscription->filter(), parked ? -1 : +1);
  }
  broker_.counters().sessions_parked.Add(parked ? 1 : static_cast<uint64_t>(-1));
}

void Session::Park(Instant now) {
  BELFRY_CHECK(!parked_ && !retired_);
  sink_ = nullptr;
  parked_at_ = now;
  SetParked(true);
  if (Mutated(Mutant::kParkedLanesAge)) return;
  ForEachLane([&](Lane& lane) { lane.Rest(now); });
}

void Session::Attach(SessionSink& sink, uint64_t received_through, Instant now) {
  BELFRY_CHECK(sink_ == nullptr && CanResume(received_through));
  sink_ = &sink;
  heard_at_ = sent_at_ = now;
  listening_ = true;
  if (parked_) {
    SetParked(false);
    ForEachLane([&](Lane& lane) { lane.Wake(now); });
  }
  sent_.Rewind(received_through);
  if (!Mutated(Mutant::kAttachDoesNotTouch)) Touch();
}

// ---- what the broker calls

void Session::Flush(Instant now) {
  if (retired_) return;
  if (doom_ != ErrorCode::kNone) return End(doom_);
  if (sink_ == nullptr) return;
  const uint64_t sent_before = sent_.sent();
  while (sent_.HasUnwritten() && sink_->writable()) {
    sent_.WriteNext(*sink_);
    sent_at_ = now;
  }
  FlushNotices();
  // What is new must not overtake what is sent again, nor a message the result of its subscription.
  if (!sent_.HasUnwritten()) FlushSubscribeResults();
  if (!retired_ && !sent_.HasUnwritten()) {
    FlushPublishResults();
    if (subscribe_results_.empty()) FlushLanes(now);
  }
  if (sent_.sent() != sent_before) sent_at_ = now;
}

void Session::FlushNotices() {
  for (uint32_t lane = 0; lane < kLiveLanes; ++lane) {
    if (warnings_due_[lane] && sink_->writable()) {
      warnings_due_[lane] = false;
      sink_->SendNotice(ErrorCode::kLaneHalfFull, lane);
    }
  }
}

void Session::FlushSubscribeResults() {
  std::span<const SubscribeResult> results = subscribe_results_;
  while (!results.empty() && sink_->writable()) {
    const size_t count = std::min(results.size(), kResultsPerFrame);
    sent_.SendSubscribeResults(*sink_, results.first(count));
    // A plain call of which nothing works ends itself here.
    if (retired_) return;
    results = results.subspan(count);
  }
  subscribe_results_.erase(subscribe_results_.begin(),
                           subscribe_results_.end() - static_cast<ptrdiff_t>(results.size()));
}

void Session::FlushPublishResults() {
  std::vector<PublishOutcome>& outcomes = publish_results_.outcomes;
  while (publish_results_due_ && sink_->writable()) {
    if (outcomes.size() <= kResultsPerFrame) {
      sent_.SendPublishResults(*sink_, publish_results_);
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
    sent_.SendPublishResults(*sink_, part);
  }
}

// A frame of each lane in turn, as long as the wire takes them.
void Session::FlushLanes(Instant now) {
  ForEachLane([&](Lane& lane) { Count(lane.DropExpired(now), now); });
  if (doom_ != ErrorCode::kNone) return End(doom_);
  for (size_t idle = 0; idle < kLiveLanes && sink_->writable();) {
    Lane* const lane = lanes_[next_lane_].get();
    next_lane_ = (next_lane_ + 1) % kLiveLanes;
    idle = lane != nullptr && FlushOnce(*lane) ? 0 : idle + 1;
  }
}

// The gaps at the front of the lane and one frame of messages. False: there is nothing.
bool Session::FlushOnce(Lane& lane) {
  if (lane.empty()) return false;
  std::vector<Ref<const Record>>& records = broker_.scratch();
  if (Mutated(Mutant::kGapAfterTheFrame)) {
    lane.TakeRecords(kDeliverRecordBytesMax, &records);
    if (!records.empty()) sent_.SendDeliver(*sink_, lane.id(), records);
  }
  while (std::optional<Gap> gap = lane.TakeGap()) {
    sent_.SendGap(*sink_, lane.id(), *std::move(gap));
    broker_.counters().gaps_out.Add();
  }
  lane.TakeRecords(kDeliverRecordBytesMax, &records);
  if (records.empty()) return true;
  delivered_ += records.size();
  broker_.counters().deliveries_out.Add(records.size());
  sent_.SendDeliver(*sink_, Mutated(Mutant::kWrongLane) ? 0 : lane.id(), records);
  return true;
}

bool Session::Tick(Instant now) {
  if (retired_) return true;
  Trim();
  if (sink_ == nullptr) return true;
  ForEachLane([&](Lane& lane) {
    const Lane::Pushed pushed = lane.DropExpired(now);
    Count(pushed, now);
    Warn(lane, now);
    if (pushed.dropped != 0 || pushed.overflowed || warnings_due_[lane.id()]) Touch();
  });
  if (options_.heartbeat.count() == 0) return true;
  // While we do not read, the silence is ours; HTTP/2's own keepalive finds a dead peer meanwhile.
  if (!listening_) heard_at_ = now;
  if (now - heard_at_ > options_.heartbeat * kSilentHeartbeatsMax) {
    return Mutated(Mutant::kSilenceTolerated);
  }
  if (Mutated(Mutant::kNoHeartbeat)) return true;
  if (now - sent_at_ >= options_.heartbeat && sink_->writable()) {
    sink_->SendHeartbeat();
    sent_at_ = now;
  }
  return true;
}

// Gives memory of bursts back.
void Session::Trim() {
  ForEachLane([](Lane& lane) { lane.Trim(); });
  sent_.Trim();
  if (subscribe_results_.empty()) subscribe_results_ = {};
  if (publish_results_.outcomes.empty()) publish_results_.outcomes = {};
}

void Session::ShedHalf() {
  ForEachLane([&](Lane& lane) {
    const uint64_t lost = lane.ShedHalf();
    broker_.counters().dropped.Add(lost);
    broker_.counters().shed.Add(lost);
    if (lost != 0) dropped_at_ = broker_.now();
    if (lost != 0 && sink_ != nullptr) Touch();
  });
}

}  // namespace belfry::core
