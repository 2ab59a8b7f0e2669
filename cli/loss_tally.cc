// SPDX-License-Identifier: Apache-2.0
#include "cli/loss_tally.h"

#include <fmt/format.h>

#include <vector>

#include "cli/amount_text.h"
#include "cli/event_format.h"

namespace belfry::cli {

void LossTally::AddGap(const Gap& gap) {
  const std::string cause(CauseName(gap.cause));
  if (!gap.topics.empty()) {
    for (const TopicGap& topic : gap.topics) lost_[cause] += topic.count;
  } else if (gap.count) {
    lost_[cause] += *gap.count;
  } else {
    ++uncounted_[cause];
  }
}

std::string LossTally::Text() const {
  if (lost_.empty() && uncounted_.empty()) return "";
  uint64_t total = 0;
  std::vector<std::string> causes;
  for (const auto& [cause, count] : lost_) {
    total += count;
    causes.push_back(fmt::format("{} by {}", count, cause));
  }
  for (const auto& [cause, gaps] : uncounted_) {
    causes.push_back(fmt::format("{} of unknown size by {}", Plural(gaps, "gap"), cause));
  }
  return fmt::format("# received {}, lost {}{} ({})", Plural(received_, "message"),
                     uncounted_.empty() ? "" : "at least ", total, fmt::join(causes, ", "));
}

}  // namespace belfry::cli
