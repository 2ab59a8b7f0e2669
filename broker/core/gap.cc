// SPDX-License-Identifier: Apache-2.0
#include "broker/core/gap.h"

#include <algorithm>
#include <utility>

namespace belfry::core {

void PendingGap::Add(std::string_view topic, uint64_t count) {
  total_ += count;
  if (too_many_topics_) return;
  // At most 64 entries, and losses come in runs of the same topic: look at the newest first.
  auto found = std::find_if(topics_.rbegin(), topics_.rend(),
                            [&](const TopicGap& gap) { return gap.topic == topic; });
  if (found != topics_.rend()) {
    found->count += count;
  } else if (topics_.size() < kTopicsMax) {
    topics_.push_back(TopicGap{std::string(topic), count});
  } else {
    too_many_topics_ = true;
    topics_.clear();
    topics_.shrink_to_fit();
  }
}

Gap PendingGap::Take() {
  Gap gap{cause_, std::move(topics_), total_, true};
  topics_.clear();
  too_many_topics_ = false;
  total_ = 0;
  return gap;
}

}  // namespace belfry::core
