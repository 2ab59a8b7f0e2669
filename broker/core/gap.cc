// SPDX-License-Identifier: Apache-2.0
#include "broker/core/gap.h"

#include <algorithm>

namespace belfry::core {

void Gap::Add(std::string_view topic, uint64_t more) {
  // Something lost and no topic named: they were too many, or nobody knows them.
  const bool topics_told = !topics.empty() || empty();
  count += more;
  if (!topics_told) return;
  // At most 64 entries, and losses come in runs of the same topic: look at the newest first.
  auto found = std::find_if(topics.rbegin(), topics.rend(),
                            [&](const TopicGap& gap) { return gap.topic == topic; });
  if (found != topics.rend()) {
    found->count += more;
  } else if (topics.size() < kTopicsMax) {
    topics.push_back(TopicGap{std::string(topic), more});
  } else {
    topics.clear();
    topics.shrink_to_fit();
  }
}

void Gap::Merge(const Gap& other) {
  if (other.empty()) return;
  if (other.count_known && !other.topics.empty()) {
    for (const TopicGap& topic : other.topics) Add(topic.topic, topic.count);
    return;
  }
  topics.clear();
  count += other.count;
  count_known = count_known && other.count_known;
}

}  // namespace belfry::core
