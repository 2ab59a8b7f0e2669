// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/invariants.h"

#include <algorithm>

namespace belfry::sim {
namespace {

using Topic = LaneHistory::Topic;

// A place in the ring, a slot of the latest value; a topic's share with its text: no queue should
// need more beside its records.
constexpr uint64_t kPlaceBytesMax = 80 + 128;
constexpr uint64_t kShareBytesMax = 160;

Verdict Wrong(const char* invariant, std::string text) {
  return Violation{invariant, std::move(text)};
}

std::string Name(const Message& message) {
  return "message " + std::to_string(message.id) + " of \"" + std::string(message.topic) + "\"";
}

// Of a topic that was owed something.
struct Place {
  const Topic* topic = nullptr;
  size_t index = 0;
  bool owed() const { return topic != nullptr && index < topic->owed.size(); }
  bool passed() const { return index < topic->next; }
};

Place PlaceOf(const LaneHistory& lane, const Message& message) {
  const Topic* const topic = lane.Find(message.topic);
  if (topic == nullptr) return {};
  return {topic, lane.IndexOf(*topic, message.id)};
}

Verdict Equal(const char* invariant, const char* what, uint64_t expected, uint64_t got) {
  if (expected == got) return {};
  return Wrong(invariant, std::string(what) + ": expected " + std::to_string(expected) + ", got " +
                              std::to_string(got));
}

Verdict AtMost(const char* invariant, const char* what, uint64_t bound, uint64_t got) {
  if (got <= bound) return {};
  return Wrong(invariant, std::string(what) + ": expected at most " + std::to_string(bound) +
                              ", got " + std::to_string(got));
}

}  // namespace

Verdict I2NoPhantom(const LaneHistory& lane, const Message& message) {
  if (PlaceOf(lane, message).owed()) return {};
  return Wrong("I2", Name(message) + " was not owed to this lane");
}

Verdict I7NoDuplicate(const LaneHistory& lane, const Message& message) {
  const Place place = PlaceOf(lane, message);
  if (!place.owed() || !place.topic->owed[place.index].delivered) return {};
  return Wrong("I7", Name(message) + " comes a second time");
}

Verdict I5Order(const LaneHistory& lane, const Message& message) {
  const uint64_t through = lane.DeliveredThrough(message.publisher);
  if (message.sequence > through) return {};
  return Wrong("I5", Name(message) + " is number " + std::to_string(message.sequence) +
                         " of its publisher, after number " + std::to_string(through));
}

Verdict I6Contiguity(const LaneHistory& lane, const Message& message) {
  const Place place = PlaceOf(lane, message);
  if (!place.owed() || place.passed() || place.index <= place.topic->loose) return {};
  const uint64_t must = lane.MustBeTold(*place.topic, place.index);
  const uint64_t told = place.topic->told + lane.told_in_total();
  if (must <= told) return {};
  return Wrong("I6", "before " + Name(message) + " " + std::to_string(must) +
                         " of its topic are missing, gaps tell of " + std::to_string(told));
}

Verdict I9NothingToldAsLostComes(const LaneHistory& lane, const Message& message) {
  const Place place = PlaceOf(lane, message);
  if (!place.owed()) return {};
  if (place.passed()) return Wrong("I9", Name(message) + " comes after it was told as lost");
  const uint64_t skipped = place.index - place.topic->next;
  if (place.index <= place.topic->loose || place.topic->told <= skipped) return {};
  return Wrong("I9", "gaps tell of " + std::to_string(place.topic->told) + " lost before " +
                         Name(message) + ", but only " + std::to_string(skipped) + " are missing");
}

Verdict P1Policy(const LaneHistory& lane, const Message& message) {
  const Place place = PlaceOf(lane, message);
  if (!place.owed()) return {};
  const LaneHistory::Owed& owed = place.topic->owed[place.index];
  if (owed.refused) return Wrong("P1", Name(message) + " comes, though the lane refused it");
  if (!lane.conflates()) return {};
  const auto latest = place.topic->latest.find(owed.key);
  if (latest == place.topic->latest.end() || latest->second == place.index) return {};
  return Wrong("P1", Name(message) + " comes, though a later value of its key was queued");
}

Verdict CheckDeliver(const LaneHistory& lane, const Message& message) {
  if (lane.reconnect_due()) return Wrong("I9", "messages come before the RECONNECT gap");
  if (Verdict v = I2NoPhantom(lane, message)) return v;
  if (Verdict v = I7NoDuplicate(lane, message)) return v;
  if (Verdict v = P1Policy(lane, message)) return v;
  if (Verdict v = I5Order(lane, message)) return v;
  if (Verdict v = I9NothingToldAsLostComes(lane, message)) return v;
  return I6Contiguity(lane, message);
}

Verdict I9HonestGap(const LaneHistory& lane, const core::Gap& gap) {
  // Other gaps may come before it, messages may not.
  const bool reconnect = gap.cause == core::GapCause::kReconnect;
  if (reconnect && !lane.reconnect_due()) {
    return Wrong("I9", "a RECONNECT gap where nothing was lost");
  }
  if (gap.empty()) return Wrong("I9", "a gap that tells nothing");
  if (!gap.count_known) {
    if (reconnect || gap.cause == core::GapCause::kPeerLink) return {};
    return Wrong("I9", "the broker must know how many it dropped itself");
  }
  uint64_t sum = 0;
  for (const core::TopicGap& told : gap.topics) {
    sum += told.count;
    const Topic* const topic = lane.Find(told.topic);
    const uint64_t open =
        topic == nullptr ? 0 : topic->outstanding() - std::min(topic->outstanding(), topic->told);
    if (told.count > open) {
      return Wrong("I9", "a gap tells of " + std::to_string(told.count) + " lost of \"" +
                             told.topic + "\", but only " + std::to_string(open) + " are open");
    }
  }
  if (!gap.topics.empty() && sum != gap.count) {
    return Wrong(
        "I9", "a gap counts " + std::to_string(gap.count) + ", its topics " + std::to_string(sum));
  }
  return AtMost("I9", "lost in this lane", lane.outstanding(), gap.count);
}

Verdict P1Policy(const LaneHistory& lane, const core::Gap& gap) {
  if (gap.cause != core::GapCause::kOverflow) return {};
  if (lane.policy() == core::OverflowPolicy::kDisconnect) {
    return Wrong("P1", "a DISCONNECT lane tells of messages that it dropped");
  }
  // A conflating lane has fewer queued than it was owed, so nothing is known about its shares.
  if (lane.policy() != core::OverflowPolicy::kDropOldest) return {};
  for (const core::TopicGap& told : gap.topics) {
    const Topic* const topic = lane.Find(told.topic);
    const uint64_t may = lane.free_evictions() + (topic == nullptr ? 0 : topic->evictable);
    if (told.count > may) {
      return Wrong("P1", "the light topic \"" + told.topic + "\" lost " +
                             std::to_string(told.count) + ", at most " + std::to_string(may) +
                             " were its turn");
    }
  }
  return {};
}

Verdict CheckGap(const LaneHistory& lane, const core::Gap& gap) {
  if (Verdict v = I9HonestGap(lane, gap)) return v;
  return P1Policy(lane, gap);
}

Verdict I9AgeDropWasDue(const LaneHistory& lane, int64_t now, int64_t age_max) {
  const int64_t oldest = lane.OldestAge(now);
  if (oldest > age_max) return {};
  return Wrong("I9", "messages were dropped for their age, but the oldest waits only " +
                         std::to_string(oldest / 1'000'000) + " ms of " +
                         std::to_string(age_max / 1'000'000));
}

Verdict I9OverflowWasDue(const LaneHistory& lane, const Message& message,
                         const core::LaneBounds& bounds) {
  // DROP_NEWEST stays closed until half is free.
  const uint64_t part = lane.policy() == core::OverflowPolicy::kDropNewest ? 2 : 1;
  uint64_t messages = 0;
  uint64_t bytes = message.cost + kPlaceBytesMax;
  for (const auto& [name, topic] : lane.topics()) {
    if (topic.outstanding() == 0) continue;
    messages += topic.outstanding();
    bytes += topic.CostOfFirst(topic.owed.size()) - topic.CostOfFirst(topic.next) +
             topic.outstanding() * kPlaceBytesMax + kShareBytesMax;
  }
  if ((messages + 1) * part >= bounds.messages_max || bytes * part >= bounds.bytes_max) return {};
  return Wrong("I9", "the lane overflowed with " + std::to_string(messages) + " messages and " +
                         std::to_string(bytes) + " bytes at the most");
}

Verdict P5KeepsUp(uint64_t lost) {
  return AtMost("P5", "messages that a reader who keeps up lost to the node's memory", 0, lost);
}

Verdict I12Completeness(const LaneHistory& lane) {
  if (lane.reconnect_due()) return Wrong("I12", "the lane's RECONNECT gap never came");
  uint64_t missing = 0;
  for (const auto& [name, topic] : lane.topics()) {
    const uint64_t must = lane.MustBeTold(topic, topic.owed.size());
    if (topic.told > topic.outstanding()) {
      return Wrong("I9", "gaps tell of " + std::to_string(topic.told) + " lost of \"" + name +
                             "\", but only " + std::to_string(topic.outstanding()) + " are");
    }
    if (topic.loose == topic.owed.size() || must <= topic.told) continue;
    missing += must - topic.told;
  }
  if (missing <= lane.told_in_total()) return {};
  return Wrong("I12", std::to_string(missing) + " messages neither came nor are in a gap");
}

Verdict I9CountsAreExact(uint64_t told, uint64_t dropped) {
  return Equal("I9", "messages told as dropped", dropped, told);
}

Verdict I8ExactResume(const FrameLog& log, uint64_t number, uint64_t digest) {
  if (number > log.size() + 1) {
    return Wrong("I8", "frame " + std::to_string(number) + " is written, but the last was " +
                           std::to_string(log.size()));
  }
  if (number > log.size() || log.DigestOf(number) == digest) return {};
  return Wrong("I8", "frame " + std::to_string(number) + " is not what it was before the resume");
}

Verdict I8NextFrame(uint64_t expected, uint64_t got) {
  return Equal("I8", "number of the client's next frame", expected, got);
}

Verdict I8Acknowledged(bool possible) {
  if (possible) return {};
  return Wrong("I8", "an acknowledgement of frames that the client has is refused");
}

Verdict I8ResumeWhenPossible(const FrameLog& log, uint64_t received_through, uint64_t window_bytes,
                             bool may_be_forgotten, bool resumed) {
  const uint64_t bytes = log.BytesAfter(received_through);
  if (resumed && bytes > window_bytes) {
    return Wrong("I8", "resumed, though " + std::to_string(bytes) + " bytes are more than the " +
                           std::to_string(window_bytes) + " that are kept");
  }
  if (resumed || bytes > window_bytes || may_be_forgotten) return {};
  return Wrong("I8", "refused, though all after frame " + std::to_string(received_through) +
                         " must still be there");
}

Verdict CheckArrival(const RouteHistory& route, uint64_t message, bool accepted) {
  const std::string name = "message " + std::to_string(message);
  const auto in = [&](const auto& list) {
    return std::find(list.begin(), list.end(), message) != list.end();
  };
  if (in(route.expected)) return {};
  if (in(route.overtaken)) return Wrong("I5", name + " arrives after a later one");
  if (route.arrived.contains(message)) return Wrong("I7", name + " arrives twice");
  return Wrong("I2", name + (accepted ? " arrives where nobody wants it"
                                      : " arrives, but was never accepted"));
}

Verdict I12RouteCompleteness(const RouteHistory& route) {
  const size_t lost = route.expected.size() + route.overtaken.size();
  if (lost == 0) return {};
  const uint64_t first = route.overtaken.empty() ? route.expected.front() : route.overtaken.front();
  return Wrong("I12", std::to_string(lost) + " messages were lost between reactors, first " +
                          std::to_string(first));
}

Verdict I12RouteOvertaken(const RouteHistory& route) {
  return route.overtaken.empty() ? Verdict{} : I12RouteCompleteness(route);
}

Verdict I16Equal(const char* what, uint64_t expected, uint64_t got) {
  return Equal("I16", what, expected, got);
}
Verdict I16AtMost(const char* what, uint64_t bound, uint64_t got) {
  return AtMost("I16", what, bound, got);
}
Verdict I13Equal(const char* what, uint64_t expected, uint64_t got) {
  return Equal("I13", what, expected, got);
}
Verdict I17AtMost(const char* what, uint64_t bound, uint64_t got) {
  return AtMost("I17", what, bound, got);
}

Verdict I17Heartbeat(Duration quiet, Duration heartbeat, bool writable) {
  if (!writable || quiet < heartbeat) return {};
  return Wrong("I17", "a client was sent nothing for longer than a heartbeat");
}

Verdict I17Silence(Duration silent, Duration heartbeat) {
  if (silent <= 3 * heartbeat) return {};
  return Wrong("I17", "a client is silent for more than three heartbeats and still attached");
}

}  // namespace belfry::sim
