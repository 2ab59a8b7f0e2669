// SPDX-License-Identifier: Apache-2.0
//
// The oracle is not blind: each planted bug is found within a bounded number of seeds, by the
// invariant that it breaks; and without it the same seed passes. A new mutant is planted in the
// core with `if (Mutated(...))` and gets its test here.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "broker/core/mutant.h"
#include "tests/sim/failure_notice.h"
#include "tests/sim/simulation.h"

namespace belfry::sim {
namespace {

using core::Mutant;

constexpr uint64_t kSeedsMax = 2000;

class Mutants : public testing::Test {
 protected:
  void SetUp() override { InstallFailureNotice(); }
  void TearDown() override { core::planted_mutant = Mutant::kNone; }

  // Several names: which of them is broken first is chance. Seeds in which the bug's consequences
  // break `others` first are passed over.
  static void ExpectKilled(Mutant mutant, const std::vector<std::string>& by,
                           const std::vector<std::string>& others = {}) {
    const auto in = [](const std::vector<std::string>& names, const Violation& violation) {
      return std::find(names.begin(), names.end(), violation.invariant) != names.end();
    };
    for (uint64_t seed = 1; seed <= kSeedsMax; ++seed) {
      NoteSeed(seed);
      core::planted_mutant = mutant;
      const SeedResult planted = RunSeed(seed);
      if (planted.ok() || in(others, *planted.violation)) continue;
      EXPECT_TRUE(in(by, *planted.violation)) << planted.Explain();
      core::planted_mutant = Mutant::kNone;
      const SeedResult clean = RunSeed(seed);
      EXPECT_TRUE(clean.ok()) << "without the mutant: " << clean.Explain();
      RecordProperty("killing_seed", std::to_string(seed));
      return;
    }
    FAIL() << "it lived through " << kSeedsMax << " seeds";
  }
};

// ---- lanes

TEST_F(Mutants, GapLostIsKilledBy_I6_I12) { ExpectKilled(Mutant::kGapLost, {"I6", "I12"}); }
TEST_F(Mutants, GapMiscountedIsKilledBy_I9) { ExpectKilled(Mutant::kGapMiscounted, {"I9"}); }
TEST_F(Mutants, GapBehindTheMessageIsKilledBy_I6) {
  ExpectKilled(Mutant::kGapBehindTheMessage, {"I6"});
}
TEST_F(Mutants, GapAfterTheFrameIsKilledBy_I6) { ExpectKilled(Mutant::kGapAfterTheFrame, {"I6"}); }
TEST_F(Mutants, PolicyIgnoredIsKilledBy_P1) { ExpectKilled(Mutant::kPolicyIgnored, {"P1"}); }
TEST_F(Mutants, ConflatesNothingIsKilledBy_P1) { ExpectKilled(Mutant::kConflatesNothing, {"P1"}); }
TEST_F(Mutants, ConflatedValueLostIsKilledBy_I6_I12) {
  ExpectKilled(Mutant::kConflatedValueLost, {"I6", "I12"});
}
TEST_F(Mutants, DisconnectDropsIsKilledBy_I6_I12) {
  ExpectKilled(Mutant::kDisconnectDrops, {"I6", "I12"});
}
TEST_F(Mutants, WrongVictimIsKilledBy_P1) { ExpectKilled(Mutant::kWrongVictim, {"P1"}); }
TEST_F(Mutants, DoubleOnOverlapIsKilledBy_I7) { ExpectKilled(Mutant::kDoubleOnOverlap, {"I7"}); }
TEST_F(Mutants, GapMovesInSweepIsKilledBy_I6_I9) {
  ExpectKilled(Mutant::kGapMovesInSweep, {"I6", "I9"});
}
TEST_F(Mutants, GapsNotMergedIsKilledBy_I16) { ExpectKilled(Mutant::kGapsNotMerged, {"I16"}); }
TEST_F(Mutants, WrongLaneIsKilledBy_I2) { ExpectKilled(Mutant::kWrongLane, {"I2"}); }
TEST_F(Mutants, ParkedLanesAgeIsKilledBy_I9) { ExpectKilled(Mutant::kParkedLanesAge, {"I9"}); }

// ---- sessions and resumes

TEST_F(Mutants, ReconnectGapForgottenIsKilledBy_I9_I12) {
  ExpectKilled(Mutant::kReconnectGapForgotten, {"I9", "I12"});
}
TEST_F(Mutants, UnsubscribeIgnoredIsKilledBy_I13_I16) {
  ExpectKilled(Mutant::kUnsubscribeIgnored, {"I13", "I16"});
}
TEST_F(Mutants, RetryPublishedTwiceIsKilledBy_I7) {
  ExpectKilled(Mutant::kRetryPublishedTwice, {"I7"}, {"I2", "I9"});
}
TEST_F(Mutants, FailureToldAsSuccessIsKilledBy_I13) {
  ExpectKilled(Mutant::kFailureToldAsSuccess, {"I13"});
}
TEST_F(Mutants, ParkedIsActiveIsKilledBy_I16) { ExpectKilled(Mutant::kParkedIsActive, {"I16"}); }
TEST_F(Mutants, AttachDoesNotTouchIsKilledBy_I17) {
  ExpectKilled(Mutant::kAttachDoesNotTouch, {"I17"});
}
TEST_F(Mutants, ResumeOffByOneIsKilledBy_I8) { ExpectKilled(Mutant::kResumeOffByOne, {"I8"}); }
TEST_F(Mutants, ResumeWithoutFramesIsKilledBy_I8) {
  ExpectKilled(Mutant::kResumeWithoutFrames, {"I8"});
}
TEST_F(Mutants, UnwrittenForgottenIsKilledBy_I8_I13) {
  ExpectKilled(Mutant::kUnwrittenForgotten, {"I8", "I13"});
}
TEST_F(Mutants, WindowIgnoredIsKilledBy_I16) { ExpectKilled(Mutant::kWindowIgnored, {"I16"}); }
TEST_F(Mutants, NoHeartbeatIsKilledBy_I17) { ExpectKilled(Mutant::kNoHeartbeat, {"I17"}); }
TEST_F(Mutants, SilenceToleratedIsKilledBy_I17) {
  ExpectKilled(Mutant::kSilenceTolerated, {"I17"});
}
TEST_F(Mutants, GraceNeverEndsIsKilledBy_I17) { ExpectKilled(Mutant::kGraceNeverEnds, {"I17"}); }
TEST_F(Mutants, TakeoverKeepsOldIsKilledBy_I17) {
  ExpectKilled(Mutant::kTakeoverKeepsOld, {"I17"});
}
TEST_F(Mutants, StaleAcceptedIsKilledBy_I13) { ExpectKilled(Mutant::kStaleAccepted, {"I13"}); }

// ---- the node

TEST_F(Mutants, SubscribedTooEarlyIsKilledBy_I6_I12) {
  ExpectKilled(Mutant::kSubscribedTooEarly, {"I6", "I12"}, {"I2"});
}
TEST_F(Mutants, OldRecordsDeliveredIsKilledBy_I2) {
  ExpectKilled(Mutant::kOldRecordsDelivered, {"I2"});
}
TEST_F(Mutants, InterestStaysIsKilledBy_I2_I16) {
  ExpectKilled(Mutant::kInterestStays, {"I2", "I16"});
}
TEST_F(Mutants, BudgetIgnoredIsKilledBy_I16) { ExpectKilled(Mutant::kBudgetIgnored, {"I16"}); }
TEST_F(Mutants, ShedsBeforeFlushIsKilledBy_P5) { ExpectKilled(Mutant::kShedsBeforeFlush, {"P5"}); }
TEST_F(Mutants, SpillDroppedIsKilledBy_I12) { ExpectKilled(Mutant::kSpillDropped, {"I12"}); }
TEST_F(Mutants, SpillReorderedIsKilledBy_I5) { ExpectKilled(Mutant::kSpillReordered, {"I5"}); }
TEST_F(Mutants, RoomNotAwaitedIsKilledBy_I17) { ExpectKilled(Mutant::kRoomNotAwaited, {"I17"}); }

}  // namespace
}  // namespace belfry::sim
