// SPDX-License-Identifier: Apache-2.0
//
// Bugs that can be planted on purpose, to prove that the simulation's invariants find them
// (tests/sim/mutants_test.cc). In the product there are none: the question is a constant false and
// costs nothing. The core is compiled a second time with BELFRY_MUTANTS for that one test.
//
// Threads: planted before a simulation starts; Confined to the test.
#pragma once

#include <cstdint>

namespace belfry::core {

enum class Mutant : uint8_t {
  kNone,
  // lane.cc
  kGapLost,
  kGapMiscounted,
  kGapBehindTheMessage,
  kPolicyIgnored,
  kConflatesNothing,
  kConflatedValueLost,
  kDisconnectDrops,
  kWrongVictim,
  kDoubleOnOverlap,
  kGapMovesInSweep,
  kGapsNotMerged,
  // session.cc, sent_frames.cc
  kGapAfterTheFrame,
  kWrongLane,
  kReconnectGapForgotten,
  kUnsubscribeIgnored,
  kRetryPublishedTwice,
  kFailureToldAsSuccess,
  kParkedIsActive,
  kParkedLanesAge,
  kAttachDoesNotTouch,
  kResumeOffByOne,
  kResumeWithoutFrames,
  kUnwrittenForgotten,
  kWindowIgnored,
  kNoHeartbeat,
  kSilenceTolerated,
  // broker.cc, outbox.cc, session_directory.cc, interest_table.cc
  kSubscribedTooEarly,
  kOldRecordsDelivered,
  kInterestStays,
  kBudgetIgnored,
  kShedsBeforeFlush,
  kGraceNeverEnds,
  kTakeoverKeepsOld,
  kStaleAccepted,
  kSpillDropped,
  kSpillReordered,
  kRoomNotAwaited,
};

#ifdef BELFRY_MUTANTS
inline Mutant planted_mutant = Mutant::kNone;
inline bool Mutated(Mutant mutant) { return planted_mutant == mutant; }
#else
constexpr bool Mutated(Mutant) { return false; }
#endif

}  // namespace belfry::core
