// SPDX-License-Identifier: Apache-2.0
//
// The seeds that every build runs, in parts so that ctest can run them side by side; and what must
// have happened in them.
#include <gtest/gtest.h>

#include "tests/sim/failure_notice.h"
#include "tests/sim/simulation.h"

namespace belfry::sim {
namespace {

constexpr uint64_t kParts = 8;
constexpr uint64_t kSeeds = BELFRY_SIM_SEEDS;
// Of one part alone, for they are separate processes.
constexpr uint64_t kSeedsForCoverage = 400;

class Seeds : public testing::TestWithParam<uint64_t> {};

TEST_P(Seeds, Pass) {
  InstallFailureNotice();
  const uint64_t first = 1 + GetParam() * (kSeeds / kParts);
  for (uint64_t seed = first; seed < first + kSeeds / kParts; ++seed) {
    NoteSeed(seed);
    const SeedResult result = RunSeed(seed);
    ASSERT_TRUE(result.ok()) << result.Explain();
    if (seed % 100 != 0) continue;
    ASSERT_EQ(RunSeed(seed).hash, result.hash) << "seed " << seed << " is not deterministic";
  }
}

INSTANTIATE_TEST_SUITE_P(Part, Seeds, testing::Range<uint64_t>(0, kParts));

TEST(Sim, EverythingHappensSometimes) {
  InstallFailureNotice();
  Coverage coverage;
  for (uint64_t seed = 1; seed <= kSeedsForCoverage && !coverage.Unseen().empty(); ++seed) {
    NoteSeed(seed);
    coverage.Merge(RunSeed(seed).coverage);
  }
  EXPECT_EQ(coverage.Unseen(), std::vector<std::string>{});
}

TEST(Sim, TwoRunsOfASeedAreTheSameAndTwoSeedsAreNot) {
  EXPECT_EQ(RunSeed(7).hash, RunSeed(7).hash);
  EXPECT_NE(RunSeed(7).hash, RunSeed(8).hash);
}

}  // namespace
}  // namespace belfry::sim
