// SPDX-License-Identifier: Apache-2.0
#include "bench/load/run.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "bench/load/lock_step.h"
#include "bench/load/publisher.h"
#include "bench/load/tally.h"

namespace belfry::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Between the order to go and the first message: every publisher's thread is up by then.
constexpr Duration kRunUp = milliseconds(20);
// After the last outcome: if nothing has come for this long, nothing more will.
constexpr Duration kQuiet = seconds(2);

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

double ToSeconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

uint64_t DeliveredTo(const Tallies& tallies) {
  uint64_t delivered = 0;
  for (const auto& tally : tallies) delivered += tally->Delivered();
  return delivered;
}

// Until all that is expected has come, or nothing comes any more. When the last of it came.
Instant AwaitDeliveries(const Tallies& tallies, uint64_t expected) {
  const SystemClock clock;
  uint64_t delivered = DeliveredTo(tallies);
  Instant moved = clock.Now();
  while (delivered < expected && clock.Now() - moved < kQuiet) {
    std::this_thread::sleep_for(milliseconds(1));
    const uint64_t now = DeliveredTo(tallies);
    if (now != delivered) moved = clock.Now();
    delivered = now;
  }
  return moved;
}

using Publishers = std::vector<std::unique_ptr<Publisher>>;

void Measure(const Plan& plan, System& system, const Tallies& tallies, const Publishers& publishers,
             Result& result) {
  system.ServerCpuSeconds();  // whatever it takes to be able to ask is done before the clock starts
  const Instant start = SystemClock().Now() + kRunUp;
  for (uint32_t i = 0; i < publishers.size(); ++i)
    publishers[i]->Go(start, system.PublisherWire(i));
  const Instant measured = start + plan.load().warmup;
  std::this_thread::sleep_until(measured);
  const auto server_before = system.ServerCpuSeconds();
  const double client_before = CpuSeconds();

  Instant last_published = measured;
  Duration late_max{};
  for (const auto& publisher : publishers) {
    publisher->Join();
    last_published = std::max(last_published, publisher->last_published());
    late_max = std::max(late_max, publisher->late_max());
    const Outcomes outcomes = publisher->outcomes();
    result.published += outcomes.ok;
    result.failed += outcomes.failed;
    result.unknown += outcomes.unknown;
    result.expected += outcomes.expected;
  }
  const Instant last_delivered = AwaitDeliveries(tallies, result.expected);
  result.client_cpu_s = CpuSeconds() - client_before;
  const auto server_after = system.ServerCpuSeconds();
  if (server_before && server_after) result.broker_cpu_s = *server_after - *server_before;
  if (plan.load().rate) result.late_max = late_max;
  result.publish_seconds = std::max(ToSeconds(last_published - measured), 1e-9);
  result.seconds = std::max(ToSeconds(last_delivered - measured), result.publish_seconds);
}

}  // namespace

StatusOr<Result> RunLoad(const Plan& plan, System& system, Duration patience) {
  std::vector<std::unique_ptr<LockStep>> steps;
  for (uint32_t i = 0; plan.OneAtATime() && i < plan.load().publishers; ++i) {
    steps.push_back(std::make_unique<LockStep>());
  }
  Tallies tallies;
  for (uint32_t i = 0; i < plan.load().subscribers; ++i) {
    tallies.push_back(std::make_unique<Tally>(plan, steps));
  }
  if (Status connected = system.Connect(plan, tallies, patience); !connected.ok()) {
    system.Disconnect();
    return connected;
  }
  Publishers publishers;
  for (uint32_t i = 0; i < plan.load().publishers; ++i) {
    publishers.push_back(std::make_unique<Publisher>(
        plan, i, tallies, plan.OneAtATime() ? steps[i].get() : nullptr, patience));
  }
  Result result;
  Measure(plan, system, tallies, publishers, result);
  system.Disconnect();
  for (const auto& tally : tallies) {
    result.delays.Merge(tally->delays());
    result.delivered += tally->Delivered();
    result.gaps += tally->gaps();
  }
  return result;
}

}  // namespace belfry::bench
