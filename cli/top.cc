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

// How it is shown; false: it cannot be any more.
class Output {
 public:
  virtual ~Output() = default;
  virtual bool Begin(Interrupt& interrupt) = 0;
  // What was looked at just now.
  virtual bool Show(const TopView& view) = 0;
  // The other causes of the interrupt. False: the user wants to end.
  virtual bool Handle(Interrupt::Cause cause, Interrupt& interrupt) = 0;
};

class JsonOutput final : public Output {
 public:
  bool Begin(Interrupt&) override { return true; }
  bool Show(const TopView& view) override { return printer_.Line(TopJson(view)); }
  bool Handle(Interrupt::Cause, Interrupt&) override { return true; }

 private:
  Printer printer_;
};

class ScreenOutput final : public Output {
 public:
  explicit ScreenOutput(const GlobalOptions& global)
      : style_(Style::For(STDOUT_FILENO, global)), terminal_(STDIN_FILENO, STDOUT_FILENO) {}

  bool Begin(Interrupt& interrupt) override {
    if (!terminal_.Enter()) return false;
    if (terminal_.has_keys()) interrupt.WatchInput(STDIN_FILENO);
    return true;
  }

  bool Show(const TopView& view) override {
    view_ = view;
    return Redraw();
  }

  bool Handle(Interrupt::Cause cause, Interrupt& interrupt) override {
    if (cause == Interrupt::Cause::kResized) return Redraw();
    if (cause == Interrupt::Cause::kSuspend) {
      terminal_.Leave();
      kill(getpid(), SIGSTOP);
      return terminal_.Enter() && Redraw();
    }
    if (cause != Interrupt::Cause::kInput) return true;
    std::string keys;
    if (!terminal_.ReadKeys(keys)) interrupt.IgnoreInput();
    return keys.find_first_of("qQ") == std::string::npos;
  }

 private:
  bool Redraw() { return terminal_.Draw(TopScreen(view_, terminal_.size(), style_)); }

  const Style style_;
  LiveTerminal terminal_;
  TopView view_;
};

// The first look, on which all depends. False: the user does not want to wait for it.
bool AwaitFirstLook(Interrupt& interrupt) {
  while (true) {
    const Interrupt::Cause cause = interrupt.Wait(std::nullopt);
    if (cause == Interrupt::Cause::kWoken) return true;
    if (cause == Interrupt::Cause::kSignal) return false;
    if (cause == Interrupt::Cause::kSuspend) kill(getpid(), SIGSTOP);
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
    output = std::make_unique<ScreenOutput>(global);
  } else {
    output = std::make_unique<JsonOutput>();
  }
  uint64_t shown = 1;
  bool writable = output->Begin(interrupt) && output->Show(seen.view);
  while (writable && shown != command.count) {
    const Interrupt::Cause cause = interrupt.Wait(std::nullopt);
    if (cause == Interrupt::Cause::kSignal) break;
    if (cause == Interrupt::Cause::kWoken) {
      writable = output->Show(feed.Latest().view);
      ++shown;
    } else if (!output->Handle(cause, interrupt)) {
      break;
    }
  }
  output.reset();  // the terminal is as it was
  return writable ? 0 : Fail(kCannotWrite);
}

}  // namespace belfry::cli
