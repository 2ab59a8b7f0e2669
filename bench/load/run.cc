// SPDX-License-Identifier: Apache-2.0
#include "bench/load/run.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <functional>
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
// From one word to the spectator to the next.
constexpr Duration kSpectatorStep = milliseconds(100);
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

// Until all that is expected has come, or nothing comes any more.
void AwaitDeliveries(const Tallies& tallies, uint64_t expected) {
  const SystemClock clock;
  uint64_t delivered = DeliveredTo(tallies);
  Instant moved = clock.Now();
  while (delivered < expected && clock.Now() - moved < kQuiet) {
    std::this_thread::sleep_for(milliseconds(1));
    const uint64_t now = DeliveredTo(tallies);
    if (now != delivered) moved = clock.Now();
    delivered = now;
  }
}

// Everything that grows while a system works, at one instant.
struct Reading {
  Instant at;
  uint64_t arrived = 0;
  std::optional<double> server_cpu_s;
  double client_cpu_s = 0;
};

Reading Read(const Plan& plan, System& system, const Tallies& tallies) {
  Reading reading;
  reading.server_cpu_s = system.ServerCpuSeconds();
  reading.client_cpu_s = CpuSeconds();
  for (const auto& tally : tallies) {
    for (uint32_t i = 0; i < plan.load().publishers; ++i) reading.arrived += tally->Taken(i);
  }
  reading.at = SystemClock().Now();
  return reading;
}

// With what to tell, told on the way.
void SleepUntil(Instant end, const std::function<void()>& tell) {
  const SystemClock clock;
  while (tell && clock.Now() < end) {
    tell();
    std::this_thread::sleep_until(std::min(end, clock.Now() + kSpectatorStep));
  }
  std::this_thread::sleep_until(end);
}

using Publishers = std::vector<std::unique_ptr<Publisher>>;

void Measure(const Plan& plan, System& system, const Tallies& tallies, const Publishers& publishers,
             const Spectator& spectator, Result& result) {
  system.ServerCpuSeconds();  // whatever it takes to be able to ask is done before the clock starts
  const Instant start = SystemClock().Now() + kRunUp;
  for (uint32_t i = 0; i < publishers.size(); ++i) {
    publishers[i]->Go(start, system.PublisherWire(i));
  }
  const Instant measured = start + plan.load().warmup;
  // Both readings are taken under load: what is under way at the first is made up for by what is
  // under way at the second. From the first message to the last delivery, a system that takes long
  // to empty its queues would look slower than it is.
  std::function<void()> tell_warmup, tell_progress;
  if (spectator) {
    tell_warmup = [&] { spectator(std::nullopt, 0); };
    tell_progress = [&] { spectator(SystemClock().Now() - measured, DeliveredTo(tallies)); };
  }
  SleepUntil(measured, tell_warmup);
  const Reading before = Read(plan, system, tallies);
  SleepUntil(measured + plan.load().measured, tell_progress);
  const Reading after = Read(plan, system, tallies);

  Instant last_published = measured;
  Duration late_max{};
  for (const auto& publisher : publishers) {
    publisher->Join();
    last_published = std::max(last_published, publisher->last_published());
    late_max = std::max(late_max, publisher->late_max());
    result.stalls += publisher->stalls();
    const Outcomes outcomes = publisher->outcomes();
    result.published += outcomes.ok;
    result.failed += outcomes.failed;
    result.unknown += outcomes.unknown;
    result.expected += outcomes.expected;
  }
  AwaitDeliveries(tallies, result.expected);
  result.arrived = after.arrived - before.arrived;
  result.seconds = ToSeconds(after.at - before.at);
  result.client_cpu_s = after.client_cpu_s - before.client_cpu_s;
  if (before.server_cpu_s && after.server_cpu_s) {
    result.broker_cpu_s = *after.server_cpu_s - *before.server_cpu_s;
  }
  if (plan.load().rate) result.late_max = late_max;
  result.publish_seconds = std::max(ToSeconds(last_published - measured), 1e-9);
}

}  // namespace

StatusOr<Result> RunLoad(const Plan& plan, System& system, Duration patience,
                         const Spectator& spectator) {
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
  Measure(plan, system, tallies, publishers, spectator, result);
  system.Disconnect();
  for (const auto& tally : tallies) {
    result.delays.Merge(tally->delays());
    result.delivered += tally->Delivered();
    result.gaps += tally->gaps();
  }
  return result;
}

}  // namespace belfry::bench
