// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/client_setup.h"
#include "cli/commands.h"
#include "cli/event_format.h"
#include "cli/idle_executor.h"
#include "cli/interrupt.h"
#include "cli/loss_tally.h"
#include "cli/printer.h"
#include "cli/style.h"
#include "cli/text.h"
#include "common/mutex.h"

namespace belfry::cli {
namespace {

// A terminal may take its time; what waits for it is bounded by what a process may well use.
constexpr size_t kQueueMessagesMax = size_t{1} << 20;
constexpr size_t kQueueBytesMax = size_t{256} << 20;

TopicFilter ToTopicFilter(const Filter& filter) {
  switch (filter.kind) {
    case FilterKind::kLiteral:
      return Literal(filter.text);
    case FilterKind::kWildcard:
      return Wildcard(filter.text);
    case FilterKind::kGlob:
      return Glob(filter.text);
  }
  return Literal(filter.text);
}

MessageFields FieldsOf(const Message& message) {
  MessageFields fields;
  fields.topic = message.topic();
  fields.payload = message.payload();
  fields.key = message.key();
  fields.publisher = message.publisher();
  fields.position = message.position();
  fields.time_unix_us =
      std::chrono::duration_cast<std::chrono::microseconds>(message.time().time_since_epoch())
          .count();
  message.ForEachHeader([&fields](std::string_view name, std::string_view value) {
    fields.headers.emplace_back(name, value);
  });
  return fields;
}

// Everything the handlers share. They run on the executor's one thread.
class SubRun {
 public:
  SubRun(const GlobalOptions& global, const SubCommand& command)
      : global_(global),
        command_(command),
        style_(Style::For(STDOUT_FILENO, global)),
        left_(command.count),
        executor_(std::make_shared<IdleExecutor>([this] { Flush(); })) {}

  int Run();

 private:
  SubscribeOptions OptionsOf(size_t index);
  // A message that matches several filters reaches each; the first of them prints it.
  bool IsFirstMatch(size_t index, std::string_view topic) const;
  void OnState(const StateChange& change);
  void OnMessage(size_t index, const Message& message);
  void OnGap(size_t index, const Gap& gap);
  void OnNotice(const Error& notice);
  void End(std::string problem);
  // About the messages, not one of them: for people on stderr, where it does not mix with what a
  // script reads; with --json among the rest, where order matters.
  void Tell(const std::string& text, const std::string& json);
  // Seen once nothing more waits to be printed.
  void Print(std::string_view line);
  void Flush();
  std::optional<std::string> Ended();
  // Until Ctrl-C, --count or a problem. Empty, or the problem.
  std::string Wait();

  const GlobalOptions& global_;
  const SubCommand& command_;
  const Style style_;
  // Before any thread: it blocks signals.
  Interrupt interrupt_;
  Printer printer_;
  LastReason last_reason_;
  // Used by the handler thread alone.
  std::string last_state_text_;
  std::atomic<size_t> confirmed_{0};
  // Used by the handler thread alone, while there is one.
  std::optional<uint64_t> left_;
  // The filter that was confirmed first: what all are told, it is told too.
  std::optional<size_t> teller_;
  LossTally tally_;
  Mutex mutex_;
  // Set once: empty for success.
  std::optional<std::string> end_ BELFRY_GUARDED_BY(mutex_);
  // Last: its thread uses the above, until Stop.
  const std::shared_ptr<IdleExecutor> executor_;
};

SubscribeOptions SubRun::OptionsOf(size_t index) {
  SubscribeOptions options;
  options.on_gap = [this, index](const Gap& gap) { OnGap(index, gap); };
  options.on_confirmed = [this, index] {
    if (!teller_) teller_ = index;
    const std::string& text = command_.filters[index].text;
    Tell(SubscribedText(text), SubscribedJson(text));
    ++confirmed_;
    interrupt_.Wake();
  };
  options.on_refused = [this, index](const Error& error) {
    const std::string filter = TerminalText(command_.filters[index].text);
    if (error.code == Error::kSlowSubscriber) {
      return End(fmt::format("{} was too slow and ended; read faster, or choose another --overflow",
                             filter));
    }
    End(fmt::format("the broker refused {}: {}; choose another filter", filter,
                    TerminalText(error.text)));
  };
  options.overflow = command_.overflow;
  options.queue_messages_max = kQueueMessagesMax;
  options.queue_bytes_max = kQueueBytesMax;
  return options;
}

bool SubRun::IsFirstMatch(size_t index, std::string_view topic) const {
  for (size_t i = 0; i < index; ++i) {
    if (Matches(command_.filters[i], topic)) return false;
  }
  return true;
}

void SubRun::OnState(const StateChange& change) {
  last_reason_.Note(change);
  const std::string json = StateJson(change);
  if (json.empty()) return;
  std::string text = StateText(change);
  // People need not read each try; a script may count them.
  if (!global_.json && text == last_state_text_) return;
  Tell(text, json);
  last_state_text_ = std::move(text);
}

void SubRun::OnMessage(size_t index, const Message& message) {
  if (left_ == uint64_t{0} || !IsFirstMatch(index, message.topic())) return;
  const MessageFields fields = FieldsOf(message);
  Print(global_.json ? MessageJson(fields) : MessageText(fields, style_));
  tally_.AddMessage();
  if (left_ && --*left_ == 0) End("");
}

void SubRun::OnGap(size_t index, const Gap& gap) {
  if (left_ == uint64_t{0}) return;
  Gap shown = gap;
  // The total that every filter was told is told once. Other totals are of this filter's queue:
  // what of it others count too cannot be known, and better twice than not at all.
  if (gap.shared && teller_ != index) return;
  std::erase_if(shown.topics,
                [&](const TopicGap& topic) { return !IsFirstMatch(index, topic.topic); });
  if (shown.topics.empty() && !gap.topics.empty()) return;
  for (const std::string& line : global_.json ? GapJson(shown) : GapText(shown, style_)) {
    Print(line);
  }
  tally_.AddGap(shown);
}

void SubRun::OnNotice(const Error& notice) { Tell(NoticeText(notice), NoticeJson(notice)); }

void SubRun::End(std::string problem) {
  {
    const MutexLock lock(mutex_);
    if (!end_) end_ = std::move(problem);
  }
  interrupt_.Wake();
}

std::optional<std::string> SubRun::Ended() {
  const MutexLock lock(mutex_);
  return end_;
}

void SubRun::Tell(const std::string& text, const std::string& json) {
  if (global_.json) return Print(json);
  Flush();  // what came before it is seen before it
  Remark(text);
}

void SubRun::Print(std::string_view line) {
  if (!printer_.Buffer(line)) End(std::string(kCannotWrite));
}

void SubRun::Flush() {
  if (!printer_.Flush()) End(std::string(kCannotWrite));
}

std::string SubRun::Wait() {
  const SystemClock clock;
  const Instant deadline = clock.Now() + global_.timeout;
  while (true) {
    const bool working = confirmed_ == command_.filters.size();
    const auto cause =
        working ? interrupt_.Wait(std::nullopt) : interrupt_.Wait(deadline - clock.Now());
    const auto ended = Ended();
    if (ended) return *ended;
    if (cause == Interrupt::Cause::kSignal) return "";
    if (cause == Interrupt::Cause::kTimeout && confirmed_ < command_.filters.size() &&
        clock.Now() >= deadline) {
      return last_reason_.Explain(global_);
    }
  }
}

int SubRun::Run() {
  ClientOptions options = OptionsFor(global_);
  options.executor = executor_;
  options.on_state = [this](const StateChange& change) { OnState(change); };
  options.on_notice = [this](const Error& notice) { OnNotice(notice); };
  Error wrong;
  std::unique_ptr<Client> client = Client::Create(std::move(options), &wrong);
  if (client == nullptr) return Fail(TerminalText(wrong.text) + "; see belfry --help");
  std::vector<Subscription> subscriptions;
  for (size_t i = 0; i < command_.filters.size(); ++i) {
    subscriptions.push_back(client->Subscribe(
        ToTopicFilter(command_.filters[i]),
        [this, i](const Message& message) { OnMessage(i, message); }, OptionsOf(i)));
  }
  std::string problem = Wait();
  // A line that nobody reads may keep the handler for ever; another Ctrl-C then ends the process.
  interrupt_.LetSignalsEnd();
  client->Close();
  subscriptions.clear();
  client.reset();
  executor_->Stop();  // the last lines are out, and its thread is gone
  if (problem.empty()) problem = Ended().value_or("");
  if (const std::string lost = tally_.Text(); !lost.empty()) Remark(lost);
  return problem.empty() ? 0 : Fail(problem);
}

}  // namespace

int RunSub(const GlobalOptions& global, const SubCommand& command) {
  return SubRun(global, command).Run();
}

}  // namespace belfry::cli
