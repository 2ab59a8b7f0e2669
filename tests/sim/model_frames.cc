// SPDX-License-Identifier: Apache-2.0
//
// Frames, as they are given to a connection: each is new, and is judged; or was written before a
// resume, and must be the same.
#include "tests/sim/model.h"

namespace belfry::sim {
namespace {

// As core::SentFrames counts.
constexpr uint64_t kFrameBytes = 16;
constexpr uint64_t kRecordHeadBytes = 3;
constexpr uint64_t kResultBytes = 48;

// Losses at one place are told together, so there is a gap for each cause at the most.
constexpr uint64_t kGapCausesInUse = 4;

enum Kind : uint64_t { kSubscribeResults = 1, kPublishResults, kDeliver, kGap };

}  // namespace

// True: it is new.
bool Model::NextFrame(ModelSession& s, uint64_t digest, uint64_t bytes) {
  const uint64_t number = ++s.written;
  trace_.Add("session # is sent frame %, digest %", s.id, number, digest);
  Check(I8ExactResume(s.frames, number, digest));
  if (number <= s.frames.size()) return false;
  s.frames.Add(digest, bytes);
  return !failed();
}

uint64_t Model::GivenSubscribeResults(ModelSession& s,
                                      std::span<const core::SubscribeResult> results) {
  Digest digest;
  digest.Add(kSubscribeResults);
  for (const core::SubscribeResult& result : results) {
    digest.Add(result.id);
    digest.Add(static_cast<uint64_t>(result.verdict));
    digest.Add(static_cast<uint64_t>(result.error));
  }
  if (!NextFrame(s, digest.value(), kFrameBytes + results.size() * kResultBytes)) return s.written;
  for (const core::SubscribeResult& result : results) {
    if (s.results_due.empty()) {
      Check(Violation{"I13", "an answer to no subscription"});
      return s.written;
    }
    const core::SubscribeResult due = s.results_due.front();
    s.results_due.pop_front();
    Check(I13Equal("id in a subscribe result", due.id, result.id));
    Check(I13Equal("verdict", static_cast<uint64_t>(due.verdict),
                   static_cast<uint64_t>(result.verdict)));
    Check(I13Equal("error", static_cast<uint64_t>(due.error), static_cast<uint64_t>(result.error)));
    Check(I13Equal("lane", due.lane, result.lane));
  }
  return s.written;
}

uint64_t Model::GivenPublishResults(ModelSession& s, const core::PublishResults& results) {
  Digest digest;
  digest.Add(kPublishResults);
  digest.Add(results.ok_through);
  for (const core::PublishOutcome& outcome : results.outcomes) {
    digest.Add(outcome.sequence);
    digest.Add(static_cast<uint64_t>(outcome.error));
    digest.Add(outcome.subscribers);
  }
  if (!NextFrame(s, digest.value(), kFrameBytes + results.outcomes.size() * kResultBytes)) {
    return s.written;
  }
  for (const core::PublishOutcome& outcome : results.outcomes) {
    const auto due = s.outcomes_due.find(outcome.sequence);
    if (due == s.outcomes_due.end()) {
      Check(Violation{"I13", "an outcome that nobody waits for"});
      return s.written;
    }
    Check(I13Equal("error in an outcome", static_cast<uint64_t>(due->second.error),
                   static_cast<uint64_t>(outcome.error)));
    Check(I13Equal("subscribers", due->second.subscribers, outcome.subscribers));
    s.outcomes_due.erase(due);
  }
  if (!s.outcomes_due.empty() && s.outcomes_due.begin()->first <= results.ok_through) {
    Check(Violation{"I13", "ok_through covers a sequence whose own outcome is still to come"});
  }
  if (results.ok_through > s.publishes_through || results.ok_through < s.ok_told_through) {
    Check(Violation{"I13", "ok_through is impossible: " + std::to_string(results.ok_through)});
  }
  s.ok_told_through = results.ok_through;
  return s.written;
}

uint64_t Model::GivenDeliver(ModelSession& s, uint32_t lane,
                             std::span<const Ref<const core::Record>> records,
                             std::vector<uint64_t>* messages) {
  Digest digest;
  digest.Add(kDeliver + (uint64_t{lane} << 8));
  uint64_t bytes = kFrameBytes;
  for (const Ref<const core::Record>& record : records) {
    const uint64_t id = ReadRecord(*record);
    if (failed()) return s.written;
    messages->push_back(id);
    digest.Add(id);
    bytes += record->bytes().size() + kRecordHeadBytes;
  }
  if (!NextFrame(s, digest.value(), bytes)) return s.written;
  AccountDrops(s);
  if (lane >= s.lanes.size() || !s.lanes[lane]) {
    Check(Violation{"I2", "a frame of a lane that has no subscription"});
    return s.written;
  }
  s.gaps_in_a_row[lane] = 0;
  for (const uint64_t id : *messages) {
    const Message described = Describe(id);
    Check(CheckDeliver(*s.lanes[lane], described));
    if (failed()) return s.written;
    s.lanes[lane]->Deliver(described);
  }
  return s.written;
}

uint64_t Model::GivenGap(ModelSession& s, uint32_t lane, const core::Gap& gap) {
  Digest digest;
  digest.Add(kGap + (uint64_t{lane} << 8));
  digest.Add(static_cast<uint64_t>(gap.cause));
  digest.Add(gap.count_known ? gap.count : ~uint64_t{0});
  uint64_t bytes = kFrameBytes;
  for (const core::TopicGap& topic : gap.topics) {
    for (const char c : topic.topic) digest.Add(static_cast<unsigned char>(c));
    digest.Add(topic.count);
    bytes += sizeof(core::TopicGap) + topic.topic.size();
  }
  if (!NextFrame(s, digest.value(), bytes)) return s.written;
  AccountDrops(s);
  if (lane >= s.lanes.size() || !s.lanes[lane]) {
    Check(Violation{"I2", "a gap of a lane that has no subscription"});
    return s.written;
  }
  Check(CheckGap(*s.lanes[lane], gap));
  Check(I16AtMost("gaps at one place", kGapCausesInUse, ++s.gaps_in_a_row[lane]));
  s.lanes[lane]->Tell(gap);
  static constexpr Seen kCauses[] = {Seen::kGapOverflow, Seen::kGapReconnect, Seen::kGapPeerLink,
                                     Seen::kCount,       Seen::kGapMemory,    Seen::kCount};
  const Seen cause = kCauses[static_cast<size_t>(gap.cause)];
  if (cause != Seen::kCount) coverage_.Note(cause);
  if (gap.cause == core::GapCause::kOverflow && lane < 3) {
    static constexpr Seen kLanes[] = {Seen::kGapDropOldest, Seen::kGapDropNewest,
                                      Seen::kGapConflate};
    coverage_.Note(kLanes[lane]);
  }
  if (gap.count_known && gap.topics.empty()) coverage_.Note(Seen::kGapOfTotal);
  return s.written;
}

}  // namespace belfry::sim
