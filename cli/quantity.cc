// SPDX-License-Identifier: Apache-2.0
#include "cli/quantity.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "cli/text.h"

namespace belfry::cli {
namespace {

constexpr std::pair<std::string_view, int64_t> kDurationUnits[] = {
    {"us", 1'000},           {"ms", 1'000'000},          {"s", 1'000'000'000},
    {"m", 60'000'000'000LL}, {"h", 3'600'000'000'000LL}, {"d", 86'400'000'000'000LL}};
// 27 years; far from the 292 at which nanoseconds in 64 bits end.
constexpr int64_t kLongestNanos = 10'000 * 86'400'000'000'000LL;

constexpr std::pair<std::string_view, uint64_t> kSizeUnits[] = {
    {"", 1}, {"KiB", uint64_t{1} << 10}, {"MiB", uint64_t{1} << 20}, {"GiB", uint64_t{1} << 30}};

// Takes the digits off the front of `text`; false if there are none or too many.
bool TakeNumber(std::string_view& text, uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(end - text.data());
  return true;
}

// A nanosecond between two messages.
constexpr uint64_t kHighestRate = 1'000'000'000;

bool IsServer(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = text.substr(0, colon);
  std::string_view rest = text.substr(colon + 1);
  uint64_t port = 0;
  if (!TakeNumber(rest, port) || !rest.empty() || port == 0 || port > 65535) return false;
  if (host.front() == '[') return host.size() > 2 && host.back() == ']';
  return host.find_first_of(": \t") == std::string_view::npos;
}

}  // namespace

StatusOr<Duration> ParseDuration(std::string_view text) {
  const auto wrong = [text] {
    return InvalidArgument(fmt::format(
        "'{}' is not a duration; write a whole number and a unit (us, ms, s, m, h, d), as in 250ms",
        TerminalText(text)));
  };
  std::string_view unit = text;
  uint64_t number = 0;
  if (!TakeNumber(unit, number) || number == 0) return wrong();
  for (const auto& [name, nanos] : kDurationUnits) {
    if (unit != name) continue;
    if (number > static_cast<uint64_t>(kLongestNanos / nanos)) return wrong();
    return Duration(static_cast<int64_t>(number) * nanos);
  }
  return wrong();
}

StatusOr<uint64_t> ParseSize(std::string_view text) {
  std::string_view unit = text;
  uint64_t number = 0;
  if (TakeNumber(unit, number)) {
    for (const auto& [name, bytes] : kSizeUnits) {
      if (unit == name && number <= UINT64_MAX / bytes) return number * bytes;
    }
  }
  return InvalidArgument(fmt::format(
      "'{}' is not a size; write a number of bytes, as in 128, or one with a unit, as in 64KiB",
      TerminalText(text)));
}

StatusOr<std::optional<uint64_t>> ParseRate(std::string_view text) {
  if (text == "max") return std::optional<uint64_t>();
  std::string_view rest = text;
  uint64_t rate = 0;
  if (TakeNumber(rest, rate) && rest.empty() && rate > 0 && rate <= kHighestRate) {
    return std::optional(rate);
  }
  return InvalidArgument(fmt::format("'{}' is not a rate; write messages a second, 1 to {}, or max",
                                     TerminalText(text), kHighestRate));
}

StatusOr<std::vector<std::string>> ParseServers(std::string_view text) {
  std::vector<std::string> servers;
  while (true) {
    const size_t comma = text.find(',');
    const std::string_view server = text.substr(0, comma);
    if (!IsServer(server)) {
      return InvalidArgument(fmt::format(
          "'{}' is not a server; write HOST:PORT, as in 127.0.0.1:7450", TerminalText(server)));
    }
    servers.emplace_back(server);
    if (comma == std::string_view::npos) return servers;
    text.remove_prefix(comma + 1);
  }
}

StatusOr<Pair> ParsePair(std::string_view text) {
  const size_t split = text.find('=');
  if (split == std::string_view::npos || split == 0) {
    return InvalidArgument(
        fmt::format("'{}' is not a header; write KEY=VALUE", TerminalText(text)));
  }
  return Pair{std::string(text.substr(0, split)), std::string(text.substr(split + 1))};
}

StatusOr<TopicCount> ParseTopicCount(std::string_view text) {
  const size_t split = text.rfind('=');
  if (split != std::string_view::npos && split > 0) {
    std::string_view number = text.substr(split + 1);
    TopicCount result;
    result.topic = text.substr(0, split);
    if (TakeNumber(number, result.count) && number.empty()) return result;
  }
  return InvalidArgument(fmt::format(
      "'{}' is not a topic with a count; write TOPIC=N, as in town.square=1", TerminalText(text)));
}

}  // namespace belfry::cli
