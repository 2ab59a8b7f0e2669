// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "cli/client_setup.h"
#include "cli/commands.h"
#include "cli/event_format.h"
#include "cli/printer.h"
#include "cli/progress.h"
#include "cli/pub_summary.h"
#include "cli/text.h"
#include "common/mutex.h"

namespace belfry::cli {
namespace {

// What one message may be at most, whatever the broker is set to.
constexpr size_t kPayloadBytesMax = size_t{64} << 20;

constexpr std::string_view kCannotRead =
    "cannot read standard input to its end; is it a file that can be read?";

// Empty, or what is wrong: what was read is then not the whole message.
std::string_view ReadAll(std::FILE* file, std::string& text) {
  char buffer[64 * 1024];
  size_t got = 0;
  while ((got = std::fread(buffer, 1, sizeof buffer, file)) > 0) {
    text.append(buffer, got);
    if (text.size() > kPayloadBytesMax) {
      return "standard input is over 64 MiB; send less, or lines with --lines";
    }
  }
  return std::ferror(file) != 0 ? kCannotRead : std::string_view();
}

class PubRun {
 public:
  PubRun(const GlobalOptions& global, const PubCommand& command)
      : global_(global), command_(command), progress_(clock_, ProgressFor(global, command)) {}

  int Run();

 private:
  PublishOptions OptionsOf(bool want_counts) const;
  int PublishOne(std::string_view payload);
  // Messages go out without waiting for each other's outcome; the library batches what gathers.
  int PublishCount(std::string_view payload);
  int PublishLines();
  int Finish();
  // What is typed, and its outcomes, must not be written over.
  static Progress::Write ProgressFor(const GlobalOptions& global, const PubCommand& command);
  void Note(const PublishOutcome& outcome);
  void Print(std::string_view line);
  std::string Explained(const std::string& problem, const PublishOutcome& outcome) const;

  const GlobalOptions& global_;
  const PubCommand& command_;
  const SystemClock clock_;
  const Instant start_ = clock_.Now();
  Printer printer_;
  Progress progress_;
  // Set when a line could not be written; any thread.
  std::atomic<bool> output_failed_{false};
  LastReason last_reason_;
  Mutex mutex_;
  PubSummary summary_ BELFRY_GUARDED_BY(mutex_);
  // Last: its end waits for callbacks into the above.
  std::unique_ptr<Client> client_;
};

Progress::Write PubRun::ProgressFor(const GlobalOptions& global, const PubCommand& command) {
  const bool lines = command.source == PubCommand::Source::kLines;
  if (lines && isatty(STDIN_FILENO) == 1) return nullptr;
  return lines || command.count > 1 ? Progress::ForPeople(global) : nullptr;
}

PublishOptions PubRun::OptionsOf(bool want_counts) const {
  PublishOptions options;
  options.ack = command_.ack_accepted ? AckLevel::kAccepted : AckLevel::kNone;
  options.headers = command_.headers;
  options.key = command_.key;
  options.timeout = Millis(global_.timeout);
  options.want_counts = want_counts && command_.ack_accepted;
  return options;
}

// It has nothing to blame but the connection.
bool NeverSent(const PublishOutcome& outcome) {
  return outcome.kind == PublishOutcome::Kind::kFailed && outcome.error.code == Error::kTimeout;
}

std::string PubRun::Explained(const std::string& problem, const PublishOutcome& outcome) const {
  if (NeverSent(outcome)) {
    return "not published: " + last_reason_.Explain(global_);
  }
  return problem;
}

int PubRun::PublishOne(std::string_view payload) {
  PublishOutcome outcome = client_->Publish(command_.topic, payload, OptionsOf(true)).get();
  const std::string problem = outcome.ok() ? "" : Explained(OutcomeProblem(outcome), outcome);
  // What stands on stderr is the better reason for a script, too.
  if (NeverSent(outcome)) outcome.error.text = last_reason_.Explain(global_);
  if (global_.json) {
    Print(OutcomeJson(outcome, std::nullopt));
  } else if (outcome.ok()) {
    Print(OutcomeText(outcome));
  }
  if (!problem.empty()) return Fail(problem);
  return output_failed_ ? Fail(kCannotWrite) : 0;
}

void PubRun::Print(std::string_view line) {
  if (!printer_.Line(line)) output_failed_ = true;
}

void PubRun::Note(const PublishOutcome& outcome) {
  const MutexLock lock(mutex_);
  summary_.Add(outcome);
}

int PubRun::PublishCount(std::string_view payload) {
  const PublishOptions options = OptionsOf(false);
  for (uint64_t i = 0; i < command_.count; ++i) {
    client_->Publish(command_.topic, payload, options,
                     [this](const PublishOutcome& outcome) { Note(outcome); });
    progress_.Show(
        [&] { return ProgressText("published", i + 1, command_.count, clock_.Now() - start_); });
  }
  return Finish();
}

int PubRun::PublishLines() {
  const PublishOptions options = OptionsOf(global_.json);
  std::string line;
  // std::cin reads through stdin, and takes an error for the end: a line that an error cut short
  // must not go out.
  for (uint64_t number = 1; std::getline(std::cin, line) && std::ferror(stdin) == 0; ++number) {
    client_->Publish(command_.topic, line, options, [this, number](const PublishOutcome& outcome) {
      Note(outcome);
      if (global_.json) Print(OutcomeJson(outcome, number));
    });
    progress_.Show([&] { return ProgressText("published", number, 0, clock_.Now() - start_); });
  }
  return Finish();
}

int PubRun::Finish() {
  // Every message has its own deadline, so this ends soon after the last of them.
  client_->Drain(Millis(global_.timeout) + std::chrono::seconds(1));
  client_.reset();  // waits for the callbacks of the last outcomes
  progress_.Clear();
  PubSummary summary;
  {
    const MutexLock lock(mutex_);
    summary = summary_;
  }
  summary.seconds = std::chrono::duration<double>(clock_.Now() - start_).count();
  const bool lines = command_.source == PubCommand::Source::kLines;
  if (!global_.json) Print(SummaryText(summary));
  if (global_.json && !lines) Print(SummaryJson(summary));
  if (!summary.all_ok()) return Fail(Explained(SummaryProblem(summary), summary.first_problem));
  if (lines && std::ferror(stdin) != 0) return Fail(kCannotRead);
  return output_failed_ ? Fail(kCannotWrite) : 0;
}

int PubRun::Run() {
  std::string payload = command_.payload;
  if (command_.source == PubCommand::Source::kStdin) {
    payload.clear();
    if (const auto wrong = ReadAll(stdin, payload); !wrong.empty()) return Fail(wrong);
  }
  ClientOptions options = OptionsFor(global_);
  options.on_state = [this](const StateChange& change) { last_reason_.Note(change); };
  Error wrong;
  client_ = Client::Create(std::move(options), &wrong);
  if (client_ == nullptr) return Fail(TerminalText(wrong.text) + "; see belfry --help");
  if (command_.source == PubCommand::Source::kLines) return PublishLines();
  return command_.count > 1 ? PublishCount(payload) : PublishOne(payload);
}

}  // namespace

int RunPub(const GlobalOptions& global, const PubCommand& command) {
  return PubRun(global, command).Run();
}

}  // namespace belfry::cli
