// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/coverage.h"

namespace belfry::sim {
namespace {

constexpr std::array<const char*, kSeenCount> kNames = {
    "gap: overflow",
    "gap: memory",
    "gap: reconnect",
    "gap: peer link",
    "gap in a DROP_OLDEST lane",
    "gap in a DROP_NEWEST lane",
    "gap in a CONFLATE lane",
    "gap of more than 64 topics, as a total",
    "value conflated",
    "dropped for its age",
    "eviction from a lane of several topics",
    "warning sent",
    "disconnected by policy",
    "resumed",
    "resumed from a connection still attached",
    "resumed on another reactor",
    "frames written again after a resume",
    "move to the session's reactor refused",
    "resume refused: window passed",
    "resume refused: session gone",
    "reconnected as a new session",
    "takeover",
    "takeover across reactors",
    "stale incarnation refused",
    "kicked",
    "heartbeat timeout",
    "GoAway",
    "spill",
    "inbox full",
    "intake closed on a connection",
    "shed",
    "parked session ended for memory",
    "session refused for memory",
    "subscription refused for memory",
    "publish refused for memory",
    "subscription id in use",
    "bad request refused",
    "same filter twice in a lane",
    "message matches several subscriptions of a lane",
    "more than 32 lanes with one filter on a reactor",
    "retry of a publish not published twice",
    "retry of a publish that had been lost",
    "frames lost in flight",
    "publishes lost in flight",
    "unanswered operations repeated",
    "messages split over several frames in a turn",
    "answers split over several frames",
    "heartbeat sent",
    "parked session ended by the grace",
    "message under way is older than a subscription",
};

}  // namespace

const char* SeenName(Seen seen) { return kNames[static_cast<size_t>(seen)]; }

void Coverage::Merge(const Coverage& other) {
  for (size_t i = 0; i < kSeenCount; ++i) counts_[i] += other.counts_[i];
}

std::vector<std::string> Coverage::Unseen() const {
  std::vector<std::string> unseen;
  for (size_t i = 0; i < kSeenCount; ++i) {
    if (counts_[i] == 0) unseen.emplace_back(kNames[i]);
  }
  return unseen;
}

}  // namespace belfry::sim
