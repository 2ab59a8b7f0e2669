// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "bench/load/belfry_system.h"
#include "bench/load/plan.h"
#include "bench/load/result.h"
#include "bench/load/run.h"
#include "cli/admin.h"
#include "cli/client_setup.h"
#include "cli/commands.h"
#include "cli/node_change.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "cli/text.h"

namespace belfry::cli {
namespace {

constexpr Duration kAdminPatience = std::chrono::seconds(2);

// The broker's CPU time, as it says itself; unset from when another process answers.
class BrokerCpu {
 public:
  explicit BrokerCpu(Admin& admin) : admin_(admin) {}

  std::optional<double> Seconds() {
    NodeLook look;
    look.asked = clock_.Now();
    auto report = admin_.GetNode(kAdminPatience);
    if (!report.ok()) return std::nullopt;
    look.answered = clock_.Now();
    look.report = *std::move(report);
    other_ = other_ ||
             (last_ && (!SameProcess(*last_, look) || look.report.cpu_us < last_->report.cpu_us));
    last_ = std::move(look);
    if (other_) return std::nullopt;
    return static_cast<double>(last_->report.cpu_us) / 1e6;
  }

 private:
  Admin& admin_;
  const SystemClock clock_;
  std::optional<NodeLook> last_;
  bool other_ = false;
};

double ToSeconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string SoFar(const BenchCommand& command, std::optional<Duration> measured_for,
                  uint64_t delivered) {
  if (!measured_for) return "warming up";
  return fmt::format("measuring, {:.0f} of {:.0f} s: {}", ToSeconds(*measured_for),
                     ToSeconds(command.measured),
                     ProgressText("delivered", delivered, 0, *measured_for));
}

}  // namespace

int RunBench(const GlobalOptions& global, const BenchCommand& command) {
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  BrokerCpu broker_cpu(**admin);
  // Why each client is not connected; they outlive the clients, which note it.
  std::deque<LastReason> reasons(size_t{command.subscribers} + command.publishers);

  bench::BelfryDoor door;
  door.options = [&](size_t client) {
    ClientOptions options = OptionsFor(global);
    options.on_state = [&reason = reasons[client]](const StateChange& change) {
      reason.Note(change);
    };
    return options;
  };
  door.explain_options = [](const Error& error) {
    return TerminalText(error.text) + "; see belfry bench --help";
  };
  door.explain_absence = [&](size_t client) { return reasons[client].Explain(global); };
  door.cpu_seconds = [&] { return broker_cpu.Seconds(); };

  const bench::Plan plan(command, std::random_device()());
  bench::BelfrySystem system(std::move(door));
  const SystemClock clock;
  Progress progress(clock, Progress::ForPeople(global));
  bench::Spectator spectator;
  if (progress.shown()) {
    spectator = [&](std::optional<Duration> measured_for, uint64_t delivered) {
      progress.Show([&] { return SoFar(command, measured_for, delivered); });
    };
  }
  const auto result = bench::RunLoad(plan, system, global.timeout, spectator);
  progress.Clear();
  if (!result.ok()) return Fail(MessageOf(result.status()));
  std::string text = global.json ? bench::ResultJson(*result) : bench::ResultText(command, *result);
  if (text.back() == '\n') text.pop_back();
  if (!Printer().Line(text)) return Fail(kCannotWrite);
  if (result->published == 0) {
    // At a rate far too high the publishers are still busy with the warm-up when the time is over.
    return Fail(
        result->failed > 0 && command.rate
            ? "no message of the measured time could be published; lower --rate, or look at "
              "the broker's log"
            : "no message was published in the measured time; look at the broker's log");
  }
  return 0;
}

}  // namespace belfry::cli
