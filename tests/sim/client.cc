// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/client.h"

#include <algorithm>

namespace belfry::sim {

using Kind = UpFrame::Kind;

namespace {

// Beyond the ids of ordinary subscriptions.
constexpr uint32_t kBulkIds = 10'000;

}  // namespace

void Client::Connect(Connection& connection) {
  world_.trace.Add("client # connects, has % frames", number_, received_);
  connection_ = &connection;
  state_ = State::kGreeting;
  UpFrame frame{Kind::kHello};
  frame.hello = {identity_.identity, identity_.incarnation, resume_token_, received_,
                 identity_.plain};
  connection.SendUp(std::move(frame));
}

void Client::Break() {
  if (connection_ == nullptr) return;
  world_.trace.Add("client # loses its connection after frame %", number_, received_);
  connection_->Abandon();
  connection_ = nullptr;
  state_ = State::kAway;
}

void Client::Die() {
  Break();
  state_ = State::kGone;
}

void Client::Goodbye() {
  if (!open()) return;
  world_.trace.Add("client # says goodbye", number_);
  connection_->SendUp({world_.prng.OneIn(3) ? Kind::kHalfClose : Kind::kGoodbye});
}

// ---- operations

core::OverflowPolicy Client::RandomPolicy() {
  size_t policy = world_.prng.Below(4);
  while (!world_.swarm.policies[policy]) policy = (policy + 1) % 4;
  return static_cast<core::OverflowPolicy>(policy);
}

void Client::SendSubscribe(const std::vector<uint32_t>& ids) {
  if (ids.empty()) return;
  UpFrame frame{Kind::kSubscribe};
  for (const uint32_t id : ids) {
    Wanted& wanted = wanted_[id];
    wanted.state = Asked::kUnanswered;
    asked_[static_cast<size_t>(wanted.policy)].insert(wanted.filter);
    frame.operations.push_back({id, wanted.filter, wanted.policy});
  }
  connection_->SendUp(std::move(frame));
}

void Client::SendUnsubscribe(const std::vector<uint32_t>& ids) {
  if (ids.empty()) return;
  UpFrame frame{Kind::kUnsubscribe};
  for (const uint32_t id : ids) frame.operations.push_back({id});
  connection_->SendUp(std::move(frame));
}

void Client::Subscribe(size_t count) {
  std::vector<uint32_t> ids;
  for (; count > 0; --count) {
    const auto id = static_cast<uint32_t>(world_.prng.Between(1, 24));
    if (wanted_.contains(id)) continue;
    wanted_[id] = {world_.prng.Below(world_.swarm.filters.size()), RandomPolicy()};
    ids.push_back(id);
  }
  SendSubscribe(ids);
  if (!world_.swarm.bad_requests || !world_.prng.OneIn(3)) return;
  // Requests that a correct application would not make; none of them is wanted.
  UpFrame frame{Kind::kSubscribe};
  const size_t filters = world_.swarm.filters.size();
  switch (world_.prng.Below(4)) {
    case 0:
      frame.operations.push_back({1000, filters, core::OverflowPolicy::kDropOldest});
      break;
    case 1:
      frame.operations.push_back({1001, 0, core::OverflowPolicy::kUnknown});
      break;
    case 2:
      frame.operations.push_back({1002, 0, core::OverflowPolicy::kDropOldest, true});
      break;
    default:
      if (wanted_.empty()) return;
      const auto& [id, wanted] = *wanted_.begin();
      if (wanted.state != Asked::kConfirmed) return;
      frame.operations.push_back({id, (wanted.filter + 1) % (filters + 1), wanted.policy});
  }
  connection_->SendUp(std::move(frame));
}

void Client::Unsubscribe(size_t count) {
  std::vector<uint32_t> ids;
  for (auto& [id, wanted] : wanted_) {
    if (ids.size() == count) break;
    if (wanted.state != Asked::kConfirmed || !world_.prng.OneIn(2)) continue;
    wanted.state = Asked::kRemoving;
    ids.push_back(id);
  }
  SendUnsubscribe(ids);
}

// The same filter again and again, which costs the model little.
void Client::SubscribeInBulk(size_t count) {
  const size_t filter = world_.prng.Below(world_.swarm.filters.size());
  const core::OverflowPolicy policy = RandomPolicy();
  std::vector<uint32_t> ids;
  for (uint32_t id = kBulkIds; id < kBulkIds + count; ++id) {
    if (wanted_.contains(id)) continue;
    wanted_[id] = {filter, policy};
    ids.push_back(id);
  }
  SendSubscribe(ids);
}

void Client::Publish(size_t topic, size_t count, bool want_outcomes) {
  UpFrame frame{Kind::kPublish};
  frame.first_sequence = next_sequence_;
  for (; count > 0; --count) {
    SentMessage message;
    message.topic = topic;
    message.key = world_.prng.Below(world_.swarm.keys + 1);
    message.payload_bytes = world_.prng.Between(8, world_.swarm.payload_bytes_max);
    message.ack = world_.prng.OneIn(3) ? 0 : 1;
    message.want_outcome = want_outcomes || world_.prng.OneIn(6);
    if (world_.swarm.bad_requests && world_.prng.OneIn(12)) {
      if (world_.prng.OneIn(2)) {
        message.topic = world_.swarm.topics.size();
      } else {
        message.ack = 2;
      }
    }
    const uint64_t id = world_.model.NewMessage(message);
    unresolved_[next_sequence_++] = id;
    frame.messages.push_back(id);
  }
  connection_->SendUp(std::move(frame));
}

void Client::Acknowledge(bool ping) {
  UpFrame frame{ping ? Kind::kPing : Kind::kAck};
  // Of a session that cannot resume nothing is kept, nor counted.
  frame.frames_through = identity_.plain ? 0 : received_;
  connection_->SendUp(std::move(frame));
}

bool Client::AskAgain() {
  std::vector<uint32_t> ids;
  for (const auto& [id, wanted] : wanted_) {
    if (wanted.state == Asked::kRefused) ids.push_back(id);
  }
  SendSubscribe(ids);
  return !ids.empty();
}

bool Client::settled() const {
  const bool answered = std::all_of(wanted_.begin(), wanted_.end(), [](const auto& entry) {
    return entry.second.state == Asked::kConfirmed;
  });
  // Success of what was published without asking for it is told with the next that is due.
  return answered && std::none_of(unresolved_.begin(), unresolved_.end(), [&](const auto& entry) {
           const SentMessage& message = world_.model.message(entry.second);
           return message.ack != 0 || message.want_outcome;
         });
}

// ---- what comes

void Client::Read(size_t frames) {
  for (; frames > 0 && connection_ != nullptr && connection_->HasDown(); --frames) {
    OnFrame(connection_->ReadDown());
    if (world_.model.failed()) return;
  }
}

void Client::OnFrame(const DownFrame& frame) {
  if (frame.number != 0) {
    // In this session it has received_ frames, without a hole.
    world_.model.Check(I8NextFrame(received_ + 1, frame.number));
    ++received_;
  }
  switch (frame.kind) {
    case DownFrame::Kind::kWelcome:
      return OnWelcome(frame);
    case DownFrame::Kind::kSubscribeResults:
      return OnSubscribeResults(frame);
    case DownFrame::Kind::kPublishResults:
      return OnPublishResults(frame);
    case DownFrame::Kind::kDeliver:
      return OnDeliver(frame);
    case DownFrame::Kind::kEnd:
      return OnEnd(frame.reason);
    case DownFrame::Kind::kGap:
    case DownFrame::Kind::kOther:
    case DownFrame::Kind::kGoAway:
      return;
  }
}

void Client::OnWelcome(const DownFrame& frame) {
  state_ = State::kOpen;
  if (frame.resumed) {
    world_.trace.Add("client # is resumed", number_);
    Repeat();
    return RetryPublishes(frame.publishes_through);
  }
  world_.trace.Add("client # has the new session %", number_, frame.session);
  session_ = frame.session;
  resume_token_ = frame.resume_token;
  received_ = 0;
  // What has no outcome is unknown for ever: a new session would publish it again.
  unresolved_.clear();
  for (auto& asked : asked_) asked.clear();
  std::erase_if(wanted_, [](const auto& entry) { return entry.second.state == Asked::kRemoving; });
  std::vector<uint32_t> ids;
  for (const auto& [id, wanted] : wanted_) ids.push_back(id);
  SendSubscribe(ids);
}

// What went unanswered is said again; that is harmless if it was heard.
void Client::Repeat() {
  std::vector<uint32_t> subscribe;
  std::vector<uint32_t> unsubscribe;
  for (const auto& [id, wanted] : wanted_) {
    if (wanted.state == Asked::kUnanswered) subscribe.push_back(id);
    if (wanted.state == Asked::kRemoving) unsubscribe.push_back(id);
  }
  if (!subscribe.empty() || !unsubscribe.empty()) world_.coverage.Note(Seen::kUnansweredRepeated);
  SendSubscribe(subscribe);
  SendUnsubscribe(unsubscribe);
}

void Client::RetryPublishes(uint64_t publishes_through) {
  const bool all = world_.prng.OneIn(2);
  UpFrame frame{Kind::kPublish};
  for (const auto& [sequence, id] : unresolved_) {
    if (sequence <= publishes_through && !all) continue;
    if (sequence > publishes_through) world_.coverage.Note(Seen::kRetryPublished);
    if (frame.messages.empty()) frame.first_sequence = sequence;
    frame.messages.push_back(id);
  }
  if (!frame.messages.empty()) connection_->SendUp(std::move(frame));
}

void Client::OnSubscribeResults(const DownFrame& frame) {
  for (const core::SubscribeResult& result : frame.subscribe_results) {
    const auto found = wanted_.find(result.id);
    if (found == wanted_.end()) continue;
    Asked& state = found->second.state;
    switch (result.verdict) {
      case core::SubscribeResult::Verdict::kNew:
        if (state != Asked::kRemoving) state = Asked::kConfirmed;
        break;
      case core::SubscribeResult::Verdict::kRefused:
        if (state != Asked::kUnanswered) break;
        if (result.error == ErrorCode::kNodeMemory) {
          state = Asked::kRefused;
        } else {
          wanted_.erase(found);  // the application gives it up
        }
        break;
      case core::SubscribeResult::Verdict::kRemoved:
        if (state == Asked::kRemoving) wanted_.erase(found);
        break;
    }
  }
}

void Client::OnPublishResults(const DownFrame& frame) {
  for (const core::PublishOutcome& outcome : frame.publish_results.outcomes) {
    unresolved_.erase(outcome.sequence);
  }
  unresolved_.erase(unresolved_.begin(), unresolved_.upper_bound(frame.publish_results.ok_through));
}

void Client::OnDeliver(const DownFrame& frame) {
  const std::set<size_t>& asked = asked_[frame.lane];
  for (const uint64_t id : frame.messages) {
    const size_t topic = world_.model.message(id).topic;
    const bool matches = std::any_of(asked.begin(), asked.end(), [&](size_t filter) {
      return world_.model.Matches(filter, topic);
    });
    if (!matches) world_.model.Check(Violation{"I2", "a message that the client never asked for"});
  }
}

void Client::OnEnd(ErrorCode reason) {
  world_.trace.Add("client # is told the end, for reason %", number_,
                   static_cast<uint64_t>(reason));
  Break();
  const bool hopeless = reason == ErrorCode::kStaleIncarnation || reason == ErrorCode::kNone;
  // One that was taken over should give up; some try once more.
  if (hopeless || (reason == ErrorCode::kTakenOver && !world_.prng.OneIn(3))) {
    state_ = State::kGone;
  }
}

}  // namespace belfry::sim
