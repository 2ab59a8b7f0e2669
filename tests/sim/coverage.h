// SPDX-License-Identifier: Apache-2.0
//
// Sometimes-assertions: what must have happened at least once in a run of many seeds, or the
// simulation no longer tests what it is believed to test.
//
// Threads: Confined to the test.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace belfry::sim {

enum class Seen : uint8_t {
  kGapOverflow,
  kGapMemory,
  kGapReconnect,
  kGapPeerLink,
  kGapDropOldest,
  kGapDropNewest,
  kGapConflate,
  kGapOfTotal,
  kConflated,
  kAgeDrop,
  kFairEviction,
  kWarning,
  kDisconnectedByPolicy,
  kResumed,
  kResumedFromOldConnection,
  kResumedOnOtherReactor,
  kResumedWithFramesAgain,
  kMoveRefused,
  kResumeRefusedByWindow,
  kResumeRefusedByGrace,
  kReconnected,
  kTakeover,
  kTakeoverAcrossReactors,
  kStaleRefused,
  kKicked,
  kHeartbeatTimeout,
  kGoAway,
  kSpill,
  kInboxFull,
  kIntakeClosed,
  kShed,
  kParkedEndedByMemory,
  kOpenRefusedByMemory,
  kSubscribeRefusedByMemory,
  kPublishRefusedByMemory,
  kIdInUse,
  kBadRequest,
  kTwins,
  kOverlap,
  kLongList,
  kRetryNotPublishedTwice,
  kRetryPublished,
  kFramesLostInFlight,
  kPublishesLostInFlight,
  kUnansweredRepeated,
  kDeliverSplit,
  kAnswersSplit,
  kHeartbeat,
  kParkedEndedByGrace,
  kOlderThanSubscription,
  kCount,
};

inline constexpr size_t kSeenCount = static_cast<size_t>(Seen::kCount);
const char* SeenName(Seen seen);

class Coverage {
 public:
  void Note(Seen seen, uint64_t count = 1) { counts_[static_cast<size_t>(seen)] += count; }
  uint64_t operator[](Seen seen) const { return counts_[static_cast<size_t>(seen)]; }
  void Merge(const Coverage& other);
  std::vector<std::string> Unseen() const;

 private:
  std::array<uint64_t, kSeenCount> counts_{};
};

}  // namespace belfry::sim
