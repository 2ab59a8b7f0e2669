// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/repeated_warning.h"

#include <utility>
#include <vector>

namespace belfry::observability {

std::optional<uint64_t> RepeatedWarning::TakeTurn() {
  const Instant now = clock_.Now();
  MutexLock lock(mutex_);
  if (last_ && now - *last_ < interval_) {
    ++left_out_;
    return std::nullopt;
  }
  last_ = now;
  return std::exchange(left_out_, 0);
}

void RepeatedWarning::Warn(std::string_view message, std::initializer_list<LogField> fields) {
  const std::optional<uint64_t> left_out = TakeTurn();
  if (!left_out) return;
  std::vector<LogField> all(fields);
  if (*left_out > 0) all.push_back({"repeated", *left_out});
  log_.Write(LogLevel::kWarn, message, all);
}

}  // namespace belfry::observability
