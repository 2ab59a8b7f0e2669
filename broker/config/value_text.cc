// SPDX-License-Identifier: Apache-2.0
#include "broker/config/value_text.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

namespace belfry::config {
namespace {

struct Unit {
  std::string_view name;
  uint64_t factor;
};

// Largest first, so that formatting takes the first that divides.
constexpr Unit kSizeUnits[] = {
    {"TiB", uint64_t{1} << 40},
    {"GiB", uint64_t{1} << 30},
    {"MiB", uint64_t{1} << 20},
    {"KiB", uint64_t{1} << 10},
    {"B", 1},
};
// In milliseconds.
constexpr Unit kTimeUnits[] = {
    {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1},
};
constexpr uint64_t kNanosPerMilli = 1'000'000;

// "12KiB" is number 12 and unit "KiB".
bool SplitNumber(std::string_view text, uint64_t& number, std::string_view& unit) {
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc()) return false;
  unit = std::string_view(rest, static_cast<size_t>(end - rest));
  return true;
}

template <size_t N>
std::optional<uint64_t> Scale(uint64_t number, std::string_view name, const Unit (&units)[N]) {
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    uint64_t product = 0;
    if (__builtin_mul_overflow(number, unit.factor, &product)) return std::nullopt;
    return product;
  }
  return std::nullopt;
}

template <size_t N>
const Unit& LargestDividing(uint64_t amount, const Unit (&units)[N]) {
  for (const Unit& unit : units) {
    if (amount != 0 && amount % unit.factor == 0) return unit;
  }
  return units[N - 1];
}

}  // namespace

std::optional<uint64_t> ParseInteger(std::string_view text) {
  uint64_t number = 0;
  std::string_view unit;
  if (!SplitNumber(text, number, unit) || !unit.empty()) return std::nullopt;
  return number;
}

std::optional<uint64_t> ParseSize(std::string_view text) {
  uint64_t number = 0;
  std::string_view unit;
  if (!SplitNumber(text, number, unit)) return std::nullopt;
  return unit.empty() ? number : Scale(number, unit, kSizeUnits);
}

std::string FormatSize(uint64_t bytes) {
  const Unit& unit = LargestDividing(bytes, kSizeUnits);
  return fmt::format("{}{}", bytes / unit.factor, unit.name);
}

std::optional<Duration> ParseDuration(std::string_view text) {
  uint64_t number = 0;
  std::string_view unit;
  if (!SplitNumber(text, number, unit)) return std::nullopt;
  const std::optional<uint64_t> millis = Scale(number, unit, kTimeUnits);
  if (!millis || *millis > static_cast<uint64_t>(Duration::max().count()) / kNanosPerMilli) {
    return std::nullopt;
  }
  return Duration(static_cast<int64_t>(*millis * kNanosPerMilli));
}

std::string FormatDuration(Duration duration) {
  const uint64_t millis = static_cast<uint64_t>(duration.count()) / kNanosPerMilli;
  if (millis == 0) return "0s";
  const Unit& unit = LargestDividing(millis, kTimeUnits);
  return fmt::format("{}{}", millis / unit.factor, unit.name);
}

std::string Quoted(std::string_view text, size_t bytes_max) {
  const bool cut = text.size() > bytes_max;
  if (cut) text = text.substr(0, bytes_max);
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  if (cut) out += "...";
  out += '"';
  return out;
}

}  // namespace belfry::config
