// SPDX-License-Identifier: Apache-2.0
#include "broker/observability/rate_meter.h"

#include "common/check.h"

namespace belfry::observability {

RateMeter::RateMeter(const Clock& clock, uint64_t total) : clock_(clock) {
  kept_[0] = {clock_.Now(), total};
}

void RateMeter::Observe(uint64_t total) {
  const Instant now = clock_.Now();
  BELFRY_CHECK(total >= Newest().total);
  if (now - Newest().at < kSpacing) return;
  if (count_ == kKept) {
    first_ = (first_ + 1) % kKept;
    --count_;
  }
  kept_[(first_ + count_) % kKept] = {now, total};
  ++count_;
}

const RateMeter::Observation& RateMeter::Baseline(Instant now) const {
  for (size_t back = 1; back <= count_; ++back) {
    const Observation& observation = kept_[(first_ + count_ - back) % kKept];
    if (now - observation.at >= kWindow) return observation;
  }
  return kept_[first_];
}

double RateMeter::PerSecond(uint64_t total) const {
  const Instant now = clock_.Now();
  const Observation& baseline = Baseline(now);
  BELFRY_CHECK(total >= baseline.total);
  const double seconds = std::chrono::duration<double>(now - baseline.at).count();
  return seconds > 0 ? static_cast<double>(total - baseline.total) / seconds : 0.0;
}

}  // namespace belfry::observability
