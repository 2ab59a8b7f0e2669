// SPDX-License-Identifier: Apache-2.0
//
// Topics and filters from arbitrary bytes: whatever passes validation is matched by the index
// exactly as the plain matcher says, and nothing else happens.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/topic/filter.h"
#include "common/topic/filter_index.h"
#include "common/topic/topic.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace belfry;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const size_t cut = data[0] % (bytes.size() + 1);
  const FilterView filter{static_cast<FilterKind>(data[1] % 3), bytes.substr(0, cut)};
  const std::string_view topic = bytes.substr(cut);
  if (IsDoorTopic(topic) != ValidateTopic(topic, SIZE_MAX).ok() && topic.size() <= kTopicBytesMax) {
    std::abort();
  }
  if (!ValidateFilter(filter, kTopicBytesMax).ok()) return 0;
  FilterIndex<int> index;
  index.FindOrInsert(filter);
  int matches = 0;
  index.Match(topic, MatchScope::kAll, [&](int&) { ++matches; });
  if ((matches == 1) != Matches(filter, topic)) std::abort();
  if (!index.Erase(filter) || index.size() != 0) std::abort();
  return 0;
}
