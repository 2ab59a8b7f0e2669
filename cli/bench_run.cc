// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "cli/admin.h"
#include "cli/bench_plan.h"
#include "cli/bench_publisher.h"
#include "cli/bench_result.h"
#include "cli/bench_subscriber.h"
#include "cli/client_setup.h"
#include "cli/commands.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "cli/text.h"

namespace belfry::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Between the order to go and the first message: every publisher's thread is up by then.
constexpr Duration kRunUp = milliseconds(20);
// After the last outcome: if nothing has come for this long, nothing more will.
constexpr Duration kQuiet = seconds(2);
constexpr Duration kAdminPatience = seconds(2);
constexpr Duration kProgressStep = milliseconds(100);

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds_of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

double ToSeconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

class BenchRun {
 public:
  BenchRun(const GlobalOptions& global, const BenchCommand& command)
      : global_(global),
        plan_(command, std::random_device()()),
        progress_(clock_, Progress::ForPeople(global)) {}

  int Run();

 private:
  void Make();
  // Empty, or what is wrong.
  std::string StartAll();
  void Measure(BenchResult& result);
  // Shows meanwhile what is going on, if somebody watches.
  void SleepUntil(Instant end, const std::function<std::string()>& text);
  uint64_t Delivered() const;
  // Until all that is expected has come, or nothing comes any more. When the last of it came.
  Instant AwaitDeliveries(uint64_t expected);
  std::optional<NodeReport> AskBroker();

  const GlobalOptions& global_;
  const BenchPlan plan_;
  const SystemClock clock_;
  Progress progress_;
  std::unique_ptr<Admin> admin_;
  std::vector<std::unique_ptr<LockStep>> steps_;
  std::vector<std::unique_ptr<BenchSubscriber>> subscribers_;
  std::vector<std::unique_ptr<BenchPublisher>> publishers_;
};

void BenchRun::Make() {
  const BenchCommand& command = plan_.command();
  const bool one_at_a_time = command.kind == BenchCommand::Kind::kLatency && !command.rate;
  for (uint32_t i = 0; one_at_a_time && i < command.publishers; ++i) {
    steps_.push_back(std::make_unique<LockStep>());
  }
  for (uint32_t i = 0; i < command.subscribers; ++i) {
    subscribers_.push_back(std::make_unique<BenchSubscriber>(plan_, i, steps_));
  }
  for (uint32_t i = 0; i < command.publishers; ++i) {
    publishers_.push_back(std::make_unique<BenchPublisher>(
        plan_, i, subscribers_, one_at_a_time ? steps_[i].get() : nullptr));
  }
}

std::string BenchRun::StartAll() {
  const Instant deadline = clock_.Now() + global_.timeout;
  const auto left = [&] { return std::max(deadline - clock_.Now(), Duration(milliseconds(1))); };
  for (const auto& subscriber : subscribers_) {
    if (const std::string wrong = subscriber->Start(global_); !wrong.empty()) {
      return TerminalText(wrong) + "; see belfry bench --help";
    }
  }
  for (const auto& publisher : publishers_) {
    if (const std::string wrong = publisher->Start(global_); !wrong.empty()) {
      return TerminalText(wrong) + "; see belfry bench --help";
    }
  }
  size_t ready = 0;
  const auto connected = [&] {
    return ProgressText("connected", ready, subscribers_.size() + publishers_.size(), {});
  };
  for (const auto& subscriber : subscribers_) {
    progress_.Show(connected);
    ++ready;
    if (!subscriber->WaitUntilReady(left())) return subscriber->last_reason().Explain(global_);
  }
  for (const auto& publisher : publishers_) {
    progress_.Show(connected);
    ++ready;
    if (!publisher->WaitUntilReady(left())) return LastReason().Explain(global_);
  }
  return "";
}

void BenchRun::SleepUntil(Instant end, const std::function<std::string()>& text) {
  while (progress_.shown() && clock_.Now() < end) {
    progress_.Show(text);
    std::this_thread::sleep_until(std::min(end, clock_.Now() + kProgressStep));
  }
  std::this_thread::sleep_until(end);
}

uint64_t BenchRun::Delivered() const {
  uint64_t delivered = 0;
  for (const auto& subscriber : subscribers_) delivered += subscriber->Delivered();
  return delivered;
}

Instant BenchRun::AwaitDeliveries(uint64_t expected) {
  uint64_t delivered = Delivered();
  Instant moved = clock_.Now();
  while (delivered < expected && clock_.Now() - moved < kQuiet) {
    std::this_thread::sleep_for(milliseconds(1));
    const uint64_t now = Delivered();
    if (now != delivered) moved = clock_.Now();
    delivered = now;
  }
  return moved;
}

std::optional<NodeReport> BenchRun::AskBroker() {
  auto report = admin_->GetNode(kAdminPatience);
  if (!report.ok()) return std::nullopt;
  return *std::move(report);
}

void BenchRun::Measure(BenchResult& result) {
  AskBroker();  // connects, so that the two that count do not
  const Instant start = clock_.Now() + kRunUp;
  for (const auto& publisher : publishers_) publisher->Go(start);
  const Instant measured = start + plan_.command().warmup;
  SleepUntil(measured, [] { return std::string("warming up"); });
  const auto broker_before = AskBroker();
  const double client_before = CpuSeconds();

  SleepUntil(measured + plan_.command().measured, [&] {
    const Duration since = clock_.Now() - measured;
    return fmt::format("measuring, {:.0f} of {:.0f} s: {}", ToSeconds(since),
                       ToSeconds(plan_.command().measured),
                       ProgressText("delivered", Delivered(), 0, since));
  });
  Instant last_published = measured;
  for (const auto& publisher : publishers_) {
    publisher->Join(global_.timeout);
    last_published = std::max(last_published, publisher->last_published());
    result.published += publisher->ok();
    result.failed += publisher->failed();
    result.unknown += publisher->unknown();
    result.expected += publisher->expected();
  }
  const Instant last_delivered = AwaitDeliveries(result.expected);
  result.client_cpu_s = CpuSeconds() - client_before;
  const auto broker_after = AskBroker();
  const bool same_process = broker_before && broker_after &&
                            broker_after->server == broker_before->server &&
                            broker_after->uptime_ms >= broker_before->uptime_ms;
  if (same_process) {
    result.broker_cpu_s = static_cast<double>(broker_after->cpu_us - broker_before->cpu_us) / 1e6;
  }
  result.publish_seconds = std::max(ToSeconds(last_published - measured), 1e-9);
  result.seconds = std::max(ToSeconds(last_delivered - measured), result.publish_seconds);
}

int BenchRun::Run() {
  auto admin = Admin::Create(global_);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  admin_ = *std::move(admin);
  Make();
  const std::string wrong = StartAll();
  if (!wrong.empty()) {
    progress_.Clear();
    return Fail(wrong);
  }
  BenchResult result;
  Measure(result);
  progress_.Clear();
  for (const auto& publisher : publishers_) publisher->Stop();
  for (const auto& subscriber : subscribers_) {
    subscriber->Stop();
    result.delays.Merge(subscriber->delays());
    result.delivered += subscriber->Delivered();
    result.gaps += subscriber->gaps();
  }
  std::string text = global_.json ? BenchJson(result) : BenchText(plan_.command(), result);
  if (text.back() == '\n') text.pop_back();
  if (!Printer().Line(text)) return Fail(kCannotWrite);
  if (result.published == 0) {
    return Fail("no message was published in the measured time; look at the broker's log");
  }
  return 0;
}

}  // namespace

int RunBench(const GlobalOptions& global, const BenchCommand& command) {
  return BenchRun(global, command).Run();
}

}  // namespace belfry::cli
