// SPDX-License-Identifier: Apache-2.0
#include "cli/loss_tally.h"

#include <gtest/gtest.h>

namespace belfry::cli {
namespace {

Gap GapOf(GapCause cause, std::optional<uint64_t> count) {
  Gap gap;
  gap.cause = cause;
  gap.count = count;
  return gap;
}

TEST(LossTally, SaysNothingIfNothingWasLost) {
  LossTally tally;
  EXPECT_EQ(tally.Text(), "");
  tally.AddMessage();
  EXPECT_EQ(tally.Text(), "");
}

TEST(LossTally, SumsUpByCause) {
  LossTally tally;
  for (int i = 0; i < 10; ++i) tally.AddMessage();
  tally.AddGap(GapOf(GapCause::kOverflow, 2));
  tally.AddGap(GapOf(GapCause::kOverflow, 3));
  Gap topics = GapOf(GapCause::kMemory, 100);
  topics.topics = {{.topic = "a", .count = 4}, {.topic = "b", .count = 1}};
  tally.AddGap(topics);
  EXPECT_EQ(tally.Text(), "# received 10 messages, lost 10 (5 by memory, 5 by overflow)")
      << "the topics shown count, not the broker's total";
}

TEST(LossTally, DoesNotHideWhatItCannotCount) {
  LossTally tally;
  tally.AddGap(GapOf(GapCause::kReconnect, std::nullopt));
  tally.AddGap(GapOf(GapCause::kOverflow, 7));
  EXPECT_EQ(tally.Text(),
            "# received 0 messages, lost at least 7 (7 by overflow, 1 gap of unknown size by "
            "reconnect)");
}

}  // namespace
}  // namespace belfry::cli
