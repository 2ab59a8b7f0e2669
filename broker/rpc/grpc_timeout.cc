// SPDX-License-Identifier: Apache-2.0
#include "broker/rpc/grpc_timeout.h"

#include <chrono>
#include <cstdint>

namespace belfry::rpc {
namespace {

constexpr Duration kLongest = std::chrono::hours(10 * 365 * 24);

// Nanoseconds of a unit; zero for what is no unit.
int64_t UnitOf(char letter) {
  switch (letter) {
    case 'H':
      return 3'600'000'000'000;
    case 'M':
      return 60'000'000'000;
    case 'S':
      return 1'000'000'000;
    case 'm':
      return 1'000'000;
    case 'u':
      return 1'000;
    case 'n':
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::optional<Duration> ParseGrpcTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  int64_t value = 0;
  for (const char digit : text.substr(0, text.size() - 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  const int64_t unit = UnitOf(text.back());
  if (unit == 0) return std::nullopt;
  if (value > kLongest.count() / unit) return kLongest;
  return Duration(value * unit);
}

}  // namespace belfry::rpc
