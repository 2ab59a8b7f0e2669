// SPDX-License-Identifier: Apache-2.0
#include "common/topic/filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/check.h"
#include "common/topic/glob.h"
#include "common/topic/topic.h"

namespace belfry {
namespace {

Status ValidateWildcard(std::string_view text, size_t max_bytes) {
  if (Status status = ValidateDoorText("wildcard filter", text, max_bytes); !status.ok()) {
    return status;
  }
  size_t wildcards = 0;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = SegmentEnd(text, begin);
    const std::string_view segment = text.substr(begin, end - begin);
    if (segment == "*" || (segment == ">" && end == text.size())) {
      ++wildcards;
    } else if (segment == ">") {
      return InvalidArgument(
          fmt::format("wildcard filter has '>' at byte {}, before its end; use '*' there, '>' only "
                      "as the last segment",
                      begin));
    } else if (const size_t at = segment.find_first_of("*>"); at != std::string_view::npos) {
      return InvalidArgument(
          fmt::format("wildcard filter has '{}' at byte {} within a segment; give it a segment of "
                      "its own, or use a "
                      "literal or glob filter",
                      segment[at], begin + at));
    }
    begin = end + 1;
  }
  if (wildcards > kWildcardSegmentsMax) {
    return InvalidArgument(fmt::format(
        "wildcard filter has {} wildcard segments, the limit is {}; use a last '>' instead",
        wildcards, kWildcardSegmentsMax));
  }
  return absl::OkStatus();
}

Status ValidateGlob(std::string_view text, size_t max_bytes) {
  const size_t limit = std::min(max_bytes, kTopicBytesMax);
  if (text.size() > limit) {
    return InvalidArgument(fmt::format("glob filter is {} bytes long, the limit is {}; shorten it",
                                       text.size(), limit));
  }
  if (const size_t stars = CountGlobStars(text); stars > kGlobStarsMax) {
    return InvalidArgument(
        fmt::format("glob filter has {} stars, the limit is {}; use fewer", stars, kGlobStarsMax));
  }
  return absl::OkStatus();
}

bool WildcardMatches(std::string_view filter, std::string_view topic) {
  size_t filter_at = 0;
  size_t topic_at = 0;
  while (filter_at <= filter.size() && topic_at <= topic.size()) {
    const size_t filter_end = SegmentEnd(filter, filter_at);
    const size_t topic_end = SegmentEnd(topic, topic_at);
    const std::string_view segment = filter.substr(filter_at, filter_end - filter_at);
    if (segment == ">" && filter_end == filter.size()) return true;
    if (segment != "*" && segment != topic.substr(topic_at, topic_end - topic_at)) return false;
    filter_at = filter_end + 1;
    topic_at = topic_end + 1;
  }
  return filter_at > filter.size() && topic_at > topic.size();
}

}  // namespace

Status ValidateFilter(FilterView filter, size_t max_bytes) {
  switch (filter.kind) {
    case FilterKind::kLiteral:
      return ValidateDoorText("literal filter", filter.text, max_bytes);
    case FilterKind::kWildcard:
      return ValidateWildcard(filter.text, max_bytes);
    case FilterKind::kGlob:
      return ValidateGlob(filter.text, max_bytes);
  }
  return InvalidArgument("filter has an unknown kind; use literal, wildcard or glob");
}

bool Matches(FilterView filter, std::string_view topic) {
  switch (filter.kind) {
    case FilterKind::kLiteral:
      return filter.text == topic;
    case FilterKind::kWildcard:
      return WildcardMatches(filter.text, topic);
    case FilterKind::kGlob:
      return GlobMatches(filter.text, topic);
  }
  return false;
}

std::string_view FilterKindName(FilterKind kind) {
  switch (kind) {
    case FilterKind::kLiteral:
      return "literal";
    case FilterKind::kWildcard:
      return "wildcard";
    case FilterKind::kGlob:
      return "glob";
  }
  return "unknown";
}

std::string FormatFilter(FilterView filter) {
  std::string out = fmt::format("{} \"", FilterKindName(filter.kind));
  for (const char c : filter.text.substr(0, kFormattedFilterBytesMax)) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c >= 0x20 && c < 0x7F) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<uint8_t>(c));
    }
  }
  out += filter.text.size() > kFormattedFilterBytesMax ? "...\"" : "\"";
  return out;
}

}  // namespace belfry
