// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "cli/admin.h"
#include "cli/admin_problem.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/live_terminal.h"
#include "cli/patient_output.h"
#include "cli/printer.h"
#include "cli/style.h"
#include "cli/top_feed.h"
#include "cli/top_view.h"

namespace belfry::cli {
namespace {

bool WantsScreen(const GlobalOptions& global) {
  const char* const term = std::getenv("TERM");
  return !global.json && isatty(STDOUT_FILENO) == 1 && term != nullptr &&
         std::string_view(term) != "dumb";
}

// How it is shown; false: it cannot be any more, or the user wants to end.
class Output {
 public:
  virtual ~Output() = default;
  virtual bool Begin() = 0;
  // What was looked at just now.
  virtual bool Show(const TopView& view) = 0;
  // The other causes of the interrupt. False: the user wants to end.
  virtual bool Handle(Interrupt::Cause cause) = 0;
};

class JsonOutput final : public Output {
 public:
  explicit JsonOutput(Interrupt& interrupt) : writer_(STDOUT_FILENO, interrupt) {}

  bool Begin() override { return true; }
  bool Show(const TopView& view) override { return writer_.Write(TopJson(view) + "\n"); }
  bool Handle(Interrupt::Cause) override { return true; }

 private:
  PatientOutput writer_;
};

class ScreenOutput final : public Output {
 public:
  ScreenOutput(const GlobalOptions& global, Interrupt& interrupt)
      : style_(Style::For(STDOUT_FILENO, global)),
        interrupt_(interrupt),
        terminal_(STDIN_FILENO, STDOUT_FILENO, interrupt) {}

  bool Begin() override {
    if (!Enter()) return false;
    if (terminal_.has_keys()) interrupt_.WatchInput(STDIN_FILENO);
    return true;
  }

  bool Show(const TopView& view) override {
    view_ = view;
    return Redraw();
  }

  bool Handle(Interrupt::Cause cause) override {
    if (cause == Interrupt::Cause::kResized) return Redraw();
    if (cause == Interrupt::Cause::kSuspend) {
      terminal_.Leave();
      raise(SIGSTOP);
      return Enter() && Redraw();
    }
    if (cause != Interrupt::Cause::kInput) return true;
    std::string keys;
    if (!terminal_.ReadKeys(keys)) interrupt_.IgnoreInput();
    return keys.find_first_of("qQ") == std::string::npos;
  }

 private:
  // Once the terminal is ours, unless what continued us wants us to end.
  bool Enter() {
    while (!interrupt_.Ending()) {
      if (terminal_.InForeground()) return terminal_.Enter();
      raise(SIGSTOP);
    }
    return false;
  }

  bool Redraw() { return terminal_.Draw(TopScreen(view_, terminal_.size(), style_)); }

  const Style style_;
  Interrupt& interrupt_;
  LiveTerminal terminal_;
  TopView view_;
};

// The first look, on which all depends. False: the user does not want to wait for it.
bool AwaitFirstLook(Interrupt& interrupt) {
  while (true) {
    const Interrupt::Cause cause = interrupt.Wait(std::nullopt);
    if (cause == Interrupt::Cause::kWoken) return true;
    if (cause == Interrupt::Cause::kSignal) return false;
    if (cause == Interrupt::Cause::kSuspend) raise(SIGSTOP);
  }
}

}  // namespace

int RunTop(const GlobalOptions& global, const TopCommand& command) {
  const bool on_screen = WantsScreen(global);
  Interrupt interrupt(on_screen);
  auto admin = Admin::Create(global);
  if (!admin.ok()) return Fail(MessageOf(admin.status()));
  TopFeed feed(*std::move(admin), command.interval);
  feed.Start(global.timeout, [&interrupt] { interrupt.Wake(); });
  if (!AwaitFirstLook(interrupt)) return 0;
  const TopFeed::Seen seen = feed.Latest();
  // Whoever gave a wrong address wants to know it before the screen is taken.
  if (!seen.status.ok()) return Fail(AdminProblem(seen.status));

  std::unique_ptr<Output> output;
  if (on_screen) {
    output = std::make_unique<ScreenOutput>(global, interrupt);
  } else {
    output = std::make_unique<JsonOutput>(interrupt);
  }
  uint64_t shown = 1;
  bool writable = output->Begin() && output->Show(seen.view);
  while (writable && shown != command.count) {
    const Interrupt::Cause cause = interrupt.Wait(std::nullopt);
    if (cause == Interrupt::Cause::kSignal) break;
    if (cause == Interrupt::Cause::kWoken) {
      writable = output->Show(feed.Latest().view);
      ++shown;
    } else if (!output->Handle(cause)) {
      break;
    }
  }
  output.reset();  // the terminal is as it was
  return writable || interrupt.Ending() ? 0 : Fail(kCannotWrite);
}

}  // namespace belfry::cli
