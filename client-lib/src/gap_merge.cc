// SPDX-License-Identifier: Apache-2.0
#include "client-lib/src/gap_merge.h"

#include <algorithm>
#include <string>

namespace belfry::client {
namespace {

void AddTopic(Gap& gap, const TopicGap& added) {
  auto same = std::find_if(gap.topics.begin(), gap.topics.end(), [&](const TopicGap& topic) {
    return topic.topic == added.topic && topic.epoch == added.epoch;
  });
  if (same != gap.topics.end()) {
    same->count += added.count;
    same->from_offset = std::min(same->from_offset, added.from_offset);
    same->to_offset = std::max(same->to_offset, added.to_offset);
  } else if (gap.topics.size() < kGapTopicsMax) {
    gap.topics.push_back(added);
  } else {
    gap.topics.clear();
  }
}

}  // namespace

Gap GapOfOne(GapCause cause, std::string_view topic) {
  Gap gap;
  gap.cause = cause;
  gap.topics.push_back(TopicGap{std::string(topic), 1, 0, 0, 0});
  gap.count = 1;
  return gap;
}

void AddOne(Gap& gap, std::string_view topic) {
  if (gap.count) ++*gap.count;
  // No topics means that there were too many, or that they were never known.
  if (gap.topics.empty()) return;
  auto same = std::find_if(gap.topics.begin(), gap.topics.end(),
                           [&](const TopicGap& known) { return known.topic == topic; });
  if (same != gap.topics.end()) {
    ++same->count;
  } else {
    AddTopic(gap, TopicGap{std::string(topic), 1, 0, 0, 0});
  }
}

void MergeGap(Gap& into, const Gap& other) {
  if (into.count && other.count) {
    *into.count += *other.count;
  } else {
    into.count.reset();
  }
  if (other.topics.empty()) into.topics.clear();
  into.shared = into.shared && other.shared;
  for (const TopicGap& topic : other.topics) {
    if (into.topics.empty()) break;
    AddTopic(into, topic);
  }
}

}  // namespace belfry::client
