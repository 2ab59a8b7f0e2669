// SPDX-License-Identifier: Apache-2.0
#include "bench/load/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/check.h"

namespace belfry::bench {
namespace {

constexpr size_t kEpochAt = 8;
constexpr size_t kPublisherAt = 12;
constexpr size_t kPhaseAt = 14;

// Deep enough that neither side ever waits for the other on a local network, and far within a
// lane's queue, so that the fastest rate is measured and not the rate of dropping.
constexpr uint64_t kWindowMessages = 8192;
constexpr uint64_t kWindowBytes = 4 << 20;

}  // namespace

void WriteStamp(const Stamp& stamp, std::string& payload) {
  BELFRY_CHECK(payload.size() >= kPayloadBytesMin);
  const int64_t due_ns = stamp.due.time_since_epoch().count();
  const auto publisher = static_cast<uint16_t>(stamp.publisher);
  BELFRY_CHECK(publisher == stamp.publisher);
  const uint16_t phase = stamp.measured ? 1 : 0;
  std::memcpy(payload.data(), &due_ns, sizeof due_ns);
  std::memcpy(payload.data() + kEpochAt, &stamp.epoch, sizeof stamp.epoch);
  std::memcpy(payload.data() + kPublisherAt, &publisher, sizeof publisher);
  std::memcpy(payload.data() + kPhaseAt, &phase, sizeof phase);
}

std::optional<Stamp> ReadStamp(std::string_view payload) {
  if (payload.size() < kPayloadBytesMin) return std::nullopt;
  int64_t due_ns = 0;
  uint16_t publisher = 0;
  uint16_t phase = 0;
  Stamp stamp;
  std::memcpy(&due_ns, payload.data(), sizeof due_ns);
  std::memcpy(&stamp.epoch, payload.data() + kEpochAt, sizeof stamp.epoch);
  std::memcpy(&publisher, payload.data() + kPublisherAt, sizeof publisher);
  std::memcpy(&phase, payload.data() + kPhaseAt, sizeof phase);
  if (phase > 1) return std::nullopt;
  stamp.due = Instant(Duration(due_ns));
  stamp.publisher = publisher;
  stamp.measured = phase == 1;
  return stamp;
}

std::string Plan::TopicName(uint32_t topic) const {
  return fmt::format("belfry.bench.{:016x}.{}", run_, topic);
}

uint32_t Plan::SubscribersOf(uint32_t topic) const {
  const uint32_t each = load_.subscribers / load_.topics;
  return each + (topic < load_.subscribers % load_.topics ? 1 : 0);
}

Instant Plan::DueTime(Instant start, uint32_t publisher, uint64_t message) const {
  BELFRY_CHECK(load_.rate.has_value());
  const double place = static_cast<double>(message) * load_.publishers + publisher;
  // A double is exact to the nanosecond for a hundred days.
  return start + Duration(static_cast<int64_t>(place * 1e9 / static_cast<double>(*load_.rate)));
}

uint64_t Plan::Window() const {
  if (load_.kind == Load::Kind::kLatency) return 1;
  const uint64_t all = std::min(kWindowMessages, kWindowBytes / load_.payload_bytes);
  return std::max<uint64_t>(1, all / load_.publishers);
}

}  // namespace belfry::bench
