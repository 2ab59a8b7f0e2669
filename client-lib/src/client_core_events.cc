// SPDX-License-Identifier: Apache-2.0
//
// What comes from the transport. Frames are decoded without the lock; the machine learns what
// concerns the session, the fan-out table what concerns subscriptions, in the order of the wire.
#include <optional>
#include <utility>
#include <vector>

#include "client-lib/src/client_core.h"
#include "client-lib/src/make_error.h"

namespace belfry::client {
namespace {

GapCause FromWire(v1::GapCause cause) {
  switch (cause) {
    case v1::GAP_CAUSE_RECONNECT:
      return GapCause::kReconnect;
    case v1::GAP_CAUSE_PEER_LINK:
      return GapCause::kPeerLink;
    case v1::GAP_CAUSE_RETENTION:
      return GapCause::kRetention;
    case v1::GAP_CAUSE_MEMORY:
      return GapCause::kMemory;
    case v1::GAP_CAUSE_TOPIC_RESET:
      return GapCause::kTopicReset;
    default:
      return GapCause::kOverflow;
  }
}

Gap FromWire(const v1::Gap& wire) {
  Gap gap;
  gap.cause = FromWire(wire.cause());
  if (wire.count_known()) gap.count = wire.count();
  for (const v1::TopicGap& topic : wire.topics()) {
    gap.topics.push_back(TopicGap{topic.topic(), topic.count(), topic.epoch(), topic.from_offset(),
                                  topic.to_offset()});
  }
  gap.shared = gap.topics.empty();
  return gap;
}

}  // namespace

void ClientCore::OnFrame(FrameBytes frame) {
  ServerFrameHead head;
  bool sense = ReadServerFrameHead(frame.bytes, &head);
  bool numbered = false;
  if (sense) {
    numbered = head.numbered();
    {
      MutexLock lock(mutex_);
      machine_.OnHeard(clock_->Now());
      // Numbered frames belong to a session, and there is none before Welcome.
      sense = !numbered || machine_.in_session();
    }
  }
  if (sense) {
    switch (head.kind) {
      case ServerFrameKind::kDeliver: {
        const auto batch = ParseDeliver(frame, head.body);
        sense = batch != nullptr;
        if (sense) {
          fanout_.Deliver(batch);
          MutexLock lock(mutex_);
          traffic_.messages_received += batch->records.size();
        }
        break;
      }
      case ServerFrameKind::kSubscribed:
        sense = OnSubscribed(head.body);
        break;
      case ServerFrameKind::kGap:
        sense = OnGap(head.body);
        break;
      case ServerFrameKind::kWelcome:
        sense = OnWelcome(head.body);
        break;
      default:
        sense = OnControl(head);
        break;
    }
  }
  if (sense) {
    CountReceived(frame, numbered);
    return;
  }
  Work work;
  {
    MutexLock lock(mutex_);
    machine_.OnNonsense("the broker sent a frame that this client cannot read", &work.effects);
    Collect(&work);
  }
  Perform(work);
}

void ClientCore::CountReceived(const FrameBytes& frame, bool numbered) {
  Work work;
  {
    MutexLock lock(mutex_);
    ++traffic_.frames_received;
    traffic_.bytes_received += frame.bytes.size();
    if (numbered) machine_.OnNumbered(frame.bytes.size());
    Collect(&work);
  }
  Perform(work);
}

bool ClientCore::OnWelcome(std::string_view body) {
  v1::Welcome welcome;
  if (!ParseBody(body, &welcome)) return false;
  Work work;
  std::optional<bool> resumed;
  {
    MutexLock lock(mutex_);
    resumed = machine_.OnWelcome(welcome, clock_->Now(), &work.effects);
    Collect(&work);
  }
  // A second one would make the fan-out table wait for results that never come.
  if (resumed) {
    // Results of what Collect has just sent come through this same thread, after this.
    fanout_.OnSession(*resumed);
  }
  Perform(work);
  return resumed.has_value();
}

bool ClientCore::OnSubscribed(std::string_view body) {
  v1::SubscribeResults results;
  if (!ParseBody(body, &results)) return false;
  std::vector<const v1::SubscribeResult*> news;
  {
    MutexLock lock(mutex_);
    for (const v1::SubscribeResult& result : results.results()) {
      if (machine_.subscriptions().OnResult(result)) news.push_back(&result);
    }
  }
  for (const v1::SubscribeResult* result : news) fanout_.OnResult(*result);
  return true;
}

bool ClientCore::OnGap(std::string_view body) {
  v1::Gap gap;
  if (!ParseBody(body, &gap)) return false;
  fanout_.OnGap(gap.lane(), FromWire(gap));
  return true;
}

bool ClientCore::OnControl(const ServerFrameHead& head) {
  v1::PublishResults published;
  v1::GoAway go_away;
  v1::Notice notice;
  Work work;
  switch (head.kind) {
    case ServerFrameKind::kPublished: {
      if (!ParseBody(head.body, &published)) return false;
      MutexLock lock(mutex_);
      machine_.OnPublished(published, &work.effects);
      Collect(&work);
      break;
    }
    case ServerFrameKind::kGoAway: {
      if (!ParseBody(head.body, &go_away)) return false;
      MutexLock lock(mutex_);
      machine_.OnGoAway(go_away, clock_->Now());
      Collect(&work);
      break;
    }
    case ServerFrameKind::kNotice: {
      if (!ParseBody(head.body, &notice)) return false;
      MutexLock lock(mutex_);
      machine_.OnNotice(notice, &work.effects);
      Collect(&work);
      break;
    }
    default:
      // A Heartbeat was heard, that is all of it; TopicAttached belongs to replay; and what a newer
      // broker says beside is not for us.
      return true;
  }
  Perform(work);
  return true;
}

void ClientCore::OnWriteDone() {
  Work work;
  {
    MutexLock lock(mutex_);
    machine_.OnWriteDone(&work.effects);
    Collect(&work);
  }
  Perform(work);
}

void ClientCore::OnTransportClosed(Error reason) {
  fanout_.OnBreak();
  // The lane of kDisconnect was full, and that is what its subscriptions asked for.
  std::vector<uint32_t> ended;
  if (reason.code == Error::kSlowSubscriber) {
    ended = fanout_.RefuseAll(OverflowPolicy::kDisconnect, reason);
  }
  Work work;
  {
    MutexLock lock(mutex_);
    for (const uint32_t id : ended) machine_.subscriptions().Remove(id);
    transport_ = nullptr;
    machine_.OnClosed(std::move(reason), clock_->Now(), &work.effects);
    Collect(&work);
    changed_.notify_all();
  }
  Perform(work);
}

}  // namespace belfry::client
